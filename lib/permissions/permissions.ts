/**
 * The smallest set of the runtime's permissions under which a table and an environment can be served.
 *
 * @module
 */

import type { RouteTable } from "../config/route/route_config.ts";
import { tokenVariables } from "../config/route/token.ts";
import { egressFor } from "../config/settings/egress.ts";
import { type Settings, settingVariables } from "../config/settings/settings.ts";
import { exactCommand } from "../core/launch.ts";
import { hostPort } from "../http/host.ts";

/** What the process may access. It needs no other kind of permission, so there is no field for one. */
export interface Grants {
  /** `host:port`: the listeners first, then what the process connects to. */
  readonly net: readonly string[];
  /** Folders and files. */
  readonly read: readonly string[];
  /** The Unix socket, if there is one: listening on it creates it. */
  readonly write: readonly string[];
  /** Variables. */
  readonly env: readonly string[];
}

/**
 * Returns what serving needs.
 *
 * An upstream that is reached through an egress proxy has no entry: TLS begins on the connection to the proxy, and the
 * process can't bypass the proxy. The order depends on the values alone, so that equal configurations give equal flags.
 */
export function requiredGrants(settings: Settings, table: RouteTable): Grants {
  const folder = folderOf(settings.routesPath);
  const files = [settings.caFile, settings.socket].filter((path) => path !== undefined);
  return {
    net: [...listenerGrants(settings), ...dialledGrants(settings, table)],
    read: [folder, ...files.filter((path) => !liesIn(folder, path))],
    write: settings.socket === undefined ? [] : [settings.socket],
    env: [...settingVariables("serve"), ...tokenVariables(table)],
  };
}

/** Returns each `host:port` that the process connects to, once. */
export function dialledGrants(settings: Pick<Settings, "egress">, table: RouteTable): readonly string[] {
  const dialled = table.routes.map(({ upstream }) => egressFor(settings.egress, upstream) ?? upstream);
  return sortedSet(dialled.map(({ host, port }) => hostPort(host, port)));
}

/** Returns what the client's and the operator's listeners need; port 0 stays 0, as the runtime asks for it. */
export function listenerGrants(
  { bind, port, socket, admin }: Pick<Settings, "bind" | "port" | "socket" | "admin">,
): readonly string[] {
  const addresses = [hostPort(bind, port)];
  if (admin !== undefined) addresses.push(hostPort(admin.host, admin.port));
  if (socket !== undefined) addresses.push(`unix:${socket}`);
  return addresses;
}

/**
 * Returns the grants as flags of `deno run`, on one line.
 *
 * Loading code needs no permission of the usual kind: without the last two flags, an import at run time could send
 * something to a registry as part of a package's name.
 */
export function flags({ net, read, write, env }: Grants): string {
  const writeFlag = write.length === 0 ? "" : ` --allow-write=${write.join()}`;
  return `--allow-net=${net.join()} --allow-read=${read.join()}${writeFlag} --allow-env=${env.join()} --no-prompt --no-remote --no-npm`;
}

/** Returns the command that serves under exactly these grants. */
export function rightCommand(grants: Grants): string {
  return exactCommand(flags(grants), "serve");
}

/** Returns a file's folder, which is granted instead: an editor and a mounted volume replace the file itself. */
export function folderOf(path: string): string {
  const end = path.lastIndexOf("/");
  return end < 0 ? "." : path.slice(0, end);
}

/** Whether a path is below a folder, by its text alone: `..` counts as leading out. */
function liesIn(folder: string, path: string): boolean {
  if (path.split("/").includes("..")) return false;
  return folder === "." ? !path.startsWith("/") : path.startsWith(`${folder}/`);
}

function sortedSet(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].toSorted();
}
