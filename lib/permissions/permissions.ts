import { egressFor } from "../config/settings/egress.ts";
import { hostPort } from "../http/host.ts";
import type { RouteTable } from "../config/route/route_config.ts";
import { SETTING_VARIABLES, type Settings } from "../config/settings/settings.ts";
import { tokenVariables } from "../config/route/token.ts";

/**
 * The smallest set of the runtime's permissions under which a table and an environment can be served.
 *
 * @module
 */

/** What the process may reach and read. There is no field for anything else: nothing else is needed. */
export interface Grants {
  /** `host:port`: the listeners first, then what is connected to. */
  readonly net: readonly string[];
  /** Folders and files. */
  readonly read: readonly string[];
  /** The Unix socket, if there is one: to listen on it is to make it. */
  readonly write: readonly string[];
  /** Variables. */
  readonly env: readonly string[];
}

/**
 * What serving needs.
 *
 * An upstream behind an egress proxy has no entry: TLS begins on the connection that is already there, and the process
 * then can't go round the proxy. The order depends on the values alone, so that equal configurations make equal flags.
 */
export function requiredGrants(settings: Settings, table: RouteTable): Grants {
  const folder = folderOf(settings.routesPath);
  const files = [settings.caFile, settings.socket].filter((path) => path !== undefined);
  return {
    net: [...listenerGrants(settings), ...dialledGrants(settings, table)],
    read: [folder, ...files.filter((path) => !liesIn(folder, path))],
    write: settings.socket === undefined ? [] : [settings.socket],
    env: [...SETTING_VARIABLES, ...tokenVariables(table)],
  };
}

/** The `host:port` of each place that is connected to, once. */
export function dialledGrants(settings: Pick<Settings, "egress">, table: RouteTable): readonly string[] {
  const dialled = table.routes.map(({ upstream }) => egressFor(settings.egress, upstream) ?? upstream);
  return sortedSet(dialled.map(({ host, port }) => hostPort(host, port)));
}

/** What listening needs, for the agent and for the operator; port 0 stays 0, as the runtime asks for it. */
export function listenerGrants(
  { bind, port, socket, admin }: Pick<Settings, "bind" | "port" | "socket" | "admin">,
): readonly string[] {
  const addresses = [hostPort(bind, port)];
  if (admin !== undefined) addresses.push(hostPort(admin.host, admin.port));
  if (socket !== undefined) addresses.push(`unix:${socket}`);
  return addresses;
}

/**
 * The grants as flags of `deno run`, on one line.
 *
 * Loading code is no permission of the usual kind: without the last flags, an import at run time could carry something
 * out to a registry in its name.
 */
export function flags(grants: Grants): string {
  const { net, read, write, env } = grants;
  const written = write.length === 0 ? "" : ` --allow-write=${write.join()}`;
  return `--allow-net=${net.join()} --allow-read=${read.join()}${written} --allow-env=${env.join()} --no-prompt --no-remote --no-npm`;
}

/** The command that serves under these grants. */
export function rightCommand(grants: Grants): string {
  return `deno run ${flags(grants)} main.ts serve`;
}

/** The command for a shell that works before the grants are known: to derive them takes more rights than to serve. */
export const DERIVING_COMMAND =
  "deno run $(deno run --allow-read --allow-env main.ts permissions) main.ts serve";

/** The folder rather than the file: an editor that saves, and a mounted volume, put another file in its place. */
export function folderOf(path: string): string {
  const end = path.lastIndexOf("/");
  return end < 0 ? "." : path.slice(0, end);
}

/** Judged by the text alone, so `..` is taken to lead out. */
function liesIn(folder: string, path: string): boolean {
  if (path.split("/").includes("..")) return false;
  return folder === "." ? !path.startsWith("/") : path.startsWith(`${folder}/`);
}

function sortedSet(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].toSorted();
}
