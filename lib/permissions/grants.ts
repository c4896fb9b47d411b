/**
 * Checking the process's permissions against what it needs: nothing missing, nothing unrestricted.
 *
 * A superfluous item in a list can't be detected, since the runtime's permissions can be queried but not enumerated.
 *
 * @module
 */

import type { RouteTable } from "../config/route/route_config.ts";
import type { Settings } from "../config/settings/settings.ts";
import { type Problem, problem } from "../core/result.ts";
import { dialledGrants, type Grants, listenerGrants, stateFolder, tokenGrants } from "./permissions.ts";

/** The kinds of permission that serving may need, each restricted to a list. */
const LISTED = ["net", "read", "env", "write"] as const;

/** The kinds of permission that serving never needs. */
const UNNEEDED = ["run", "sys", "ffi", "import"] as const;

/** Returns a problem for each permission that is missing and for each kind that is unrestricted. */
export async function checkGrants(required: Grants): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const kind of LISTED) {
    const isUnrestricted = await isGranted({ name: kind }) ||
      ((kind === "read" || kind === "write") && await isGranted({ name: kind, path: "/" }));
    if (isUnrestricted) {
      problems.push(required[kind].length === 0 ? unneeded(kind) : unrestricted(kind));
      continue;
    }
    for (const item of required[kind]) {
      if (!await isGranted(descriptor(kind, item))) problems.push(missing(kind, item));
    }
  }
  for (const kind of UNNEEDED) {
    if (await isGranted({ name: kind })) problems.push(unneeded(kind));
  }
  return problems;
}

/**
 * Revokes the permissions that only startup needs: to read the environment, and to listen on a port that the system
 * chooses. The right to listen at a fixed address is kept, since a listener that is lost is opened again.
 *
 * Must be called after the tokens have been read and the listeners opened.
 */
export async function revokeAfterStart(
  settings: Pick<Settings, "bind" | "port" | "socket" | "admin">,
): Promise<void> {
  await Deno.permissions.revoke({ name: "env" });
  for (const host of listenerGrants(settings)) {
    if (host.endsWith(":0")) await Deno.permissions.revoke({ name: "net", host });
  }
}

/** Returns a problem for each grant that a new table needs and the process does not have; only a restart can change that. */
export async function missingGrants(settings: Settings, table: RouteTable): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const host of dialledGrants(settings, table)) {
    if (await isGranted({ name: "net", host })) continue;
    problems.push(
      problem("--allow-net", "restart_needed", `is missing ${host}; restart the service to grant it`),
    );
  }
  for (const path of tokenGrants(settings, table)) {
    if (await isGranted({ name: "read", path })) continue;
    problems.push(
      problem("--allow-read", "restart_needed", `is missing ${path}; restart the service to grant it`),
    );
  }
  const state = stateFolder(settings, table);
  if (state !== undefined && !await isGranted({ name: "write", path: state })) {
    problems.push(
      problem("--allow-write", "restart_needed", `is missing ${state}; restart the service to grant it`),
    );
  }
  return problems;
}

function missing(kind: string, item: string): Problem {
  return problem(`--allow-${kind}`, "missing_grant", `is missing ${item}`);
}

function unrestricted(kind: string): Problem {
  return problem(`--allow-${kind}`, "unrestricted_grant", "is unrestricted; list what is needed");
}

function unneeded(kind: string): Problem {
  return problem(
    `--allow-${kind}`,
    "unneeded_grant",
    "must not be granted; the service does not need it",
  );
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
