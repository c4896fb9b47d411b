import type { Problem } from "../core/result.ts";
import type { RouteTable } from "../config/route/route_config.ts";
import type { Settings } from "../config/settings/settings.ts";
import { dialledGrants, type Grants, listenerGrants } from "./permissions.ts";

/**
 * The process's grants against what it needs: nothing missing, nothing without a list.
 *
 * A grant beside the needed ones, in a list, can't be found: the runtime answers questions and has no way to enumerate.
 *
 * @module
 */

/** Kinds that serving may need, each with a list. */
const LISTED = ["net", "read", "env", "write"] as const;

/** Kinds that serving needs nothing of. */
const UNNEEDED = ["run", "sys", "ffi", "import"] as const;

/** What is wrong with the grants of this process: a problem a missing one and a problem a kind granted as a whole. */
export async function checkGrants(required: Grants): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const kind of LISTED) {
    const whole = await isGranted({ name: kind }) ||
      ((kind === "read" || kind === "write") && await isGranted({ name: kind, path: "/" }));
    if (whole) {
      problems.push(required[kind].length === 0 ? unneeded(kind) : unlisted(kind));
      continue;
    }
    const missing: string[] = [];
    for (const item of required[kind]) {
      if (!await isGranted(descriptor(kind, item))) missing.push(item);
    }
    for (const item of missing) problems.push({ path: `--allow-${kind}`, message: `is missing ${item}` });
  }
  for (const kind of UNNEEDED) {
    if (await isGranted({ name: kind })) problems.push(unneeded(kind));
  }
  return problems;
}

function unlisted(kind: string): Problem {
  return { path: `--allow-${kind}`, message: "must have a list, but all is granted" };
}

function unneeded(kind: string): Problem {
  return { path: `--allow-${kind}`, message: "must not be granted: the service needs nothing of the kind" };
}

/**
 * Give back what only the start needed: all of the environment, and the right to listen, without which nothing can take
 * the listener's address, or the socket's path, again. A listener that is open goes on serving.
 *
 * To be called when the tokens are read and the listener is up.
 */
export async function revokeAfterStart(
  settings: Pick<Settings, "bind" | "port" | "socket" | "admin">,
): Promise<void> {
  await Deno.permissions.revoke({ name: "env" });
  for (const host of listenerGrants(settings)) await Deno.permissions.revoke({ name: "net", host });
  if (settings.socket !== undefined) await Deno.permissions.revoke({ name: "write", path: settings.socket });
}

/** What a table connects to and this process may not: it can get no more rights than it started with. */
export async function missingUpstreams(settings: Settings, table: RouteTable): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const host of dialledGrants(settings, table)) {
    if (await isGranted({ name: "net", host })) continue;
    problems.push({
      path: "--allow-net",
      message: `is missing ${host}; the service must be started anew to be granted it`,
    });
  }
  return problems;
}

function descriptor(kind: typeof LISTED[number], item: string): Deno.PermissionDescriptor {
  switch (kind) {
    case "net":
      return { name: kind, host: item };
    case "read":
    case "write":
      return { name: kind, path: item };
    case "env":
      return { name: kind, variable: item };
  }
}

async function isGranted(descriptor: Deno.PermissionDescriptor): Promise<boolean> {
  return (await Deno.permissions.query(descriptor)).state === "granted";
}
