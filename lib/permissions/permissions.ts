/**
 * The minimal set of the runtime's permissions that serving a table in an environment needs.
 *
 * @module
 */

import { routesWithTokens, type RouteTable } from "../config/route/route_config.ts";
import { tokenFiles, tokenVariables } from "../config/route/token.ts";
import { tokenFolders } from "../config/route/token_file.ts";
import { rotates } from "../config/route/token_from.ts";
import { egressFor } from "../config/settings/egress.ts";
import { type Settings, settingVariables } from "../config/settings/settings.ts";
import { exactCommand } from "../core/launch.ts";
import { shellQuote } from "../core/shell_quote.ts";
import { hostPort } from "../http/host.ts";

/** The items of each kind of permission. The process needs no other kinds. */
export interface Grants {
  /** `host:port`: first the listeners, then what the process connects to. */
  readonly net: readonly string[];
  /** Paths of folders and files. */
  readonly read: readonly string[];
  /** The path of the Unix socket, if there is one: listening creates it. The folder of the state, if a route needs it. */
  readonly write: readonly string[];
  /** Names of variables. */
  readonly env: readonly string[];
}

/**
 * Returns the permissions that serving needs.
 *
 * An upstream behind an egress proxy is not included: TLS runs over the connection to the egress proxy, which the
 * process thus can't bypass. The order is deterministic, so that equal configurations result in equal flags.
 */
export function requiredGrants(settings: Settings, table: RouteTable): Grants {
  const folder = folderOf(settings.routesPath);
  const files = [settings.caFile, settings.socket].filter((path) => path !== undefined);
  const folderOfState = stateFolder(settings, table);
  const state = folderOfState === undefined ? [] : [folderOfState];
  return {
    net: [...listenerGrants(settings), ...dialledGrants(settings, table)],
    read: [
      folder,
      ...tokenGrants(settings, table),
      ...files.filter((path) => !liesIn(folder, path)),
      ...state,
    ],
    write: [...(settings.socket === undefined ? [] : [settings.socket]), ...state],
    env: [...settingVariables("serve"), ...tokenVariables(table)],
  };
}

/** Returns the folders of token files and key sets outside of the table's folder. */
export function tokenGrants(
  { routesPath }: Pick<Settings, "routesPath">,
  table: RouteTable,
): readonly string[] {
  const folder = folderOf(routesPath);
  const keyFiles = table.issuers.flatMap(({ keys }) => keys.kind === "file" ? [keys.file] : []);
  return tokenFolders([...tokenFiles(table).map(({ name }) => name), ...keyFiles]).filter((path) =>
    path !== folder && !liesIn(folder, path)
  );
}

/** Returns the permissions that asking the upstreams needs: those of serving, but to listen. */
export function askingGrants(settings: Settings, table: RouteTable): Grants {
  const grants = requiredGrants(settings, table);
  const listeners = listenerGrants(settings);
  return {
    ...grants,
    net: grants.net.filter((item) => !listeners.includes(item)),
    write: grants.write.filter((path) => path !== settings.socket),
  };
}

/** Returns every `host:port` that the process connects to, sorted and without duplicates. */
export function dialledGrants(settings: Pick<Settings, "egress">, table: RouteTable): readonly string[] {
  const upstreams = [
    ...routesWithTokens(table).flatMap(({ upstream, tokenFrom }) =>
      tokenFrom === undefined ? [upstream] : [upstream, tokenFrom.endpoint.upstream]
    ),
    ...table.issuers.flatMap(({ keys }) => keys.kind === "url" ? [keys.url] : []),
  ];
  const dialled = upstreams.map((upstream) => egressFor(settings.egress, upstream) ?? upstream);
  return sortedSet(dialled.map(({ host, port }) => hostPort(host, port)));
}

/** Returns the folder to keep refresh tokens in, if there is one and a route needs it. */
export function stateFolder({ state }: Pick<Settings, "state">, table: RouteTable): string | undefined {
  return routesWithTokens(table).some(({ tokenFrom }) => tokenFrom !== undefined && rotates(tokenFrom))
    ? state
    : undefined;
}

/** Returns the addresses that the process listens on. Port 0 stays 0, which is what the runtime checks. */
export function listenerGrants(
  { bind, port, socket, admin }: Pick<Settings, "bind" | "port" | "socket" | "admin">,
): readonly string[] {
  const addresses = port === undefined ? [] : [hostPort(bind, port)];
  if (admin !== undefined) addresses.push(hostPort(admin.host, admin.port));
  if (socket !== undefined) addresses.push(`unix:${socket}`);
  return addresses;
}

/**
 * Returns the permissions as flags of `deno run`, on one line, quoted for a shell where a path needs it.
 *
 * Loading code is not subject to permissions: without `--no-remote` and `--no-npm`, an import at run time could leak data
 * to a registry as part of a package's name.
 */
export function flags({ net, read, write, env }: Grants): string {
  const lists = Object.entries({ net, read, write, env }).filter(([, items]) => items.length > 0);
  const words = lists.map(([kind, items]) => quoteFlag(`--allow-${kind}=${items.join()}`));
  return [...words, "--no-prompt", "--no-remote", "--no-npm"].join(" ");
}

/** Quotes a flag for a shell that expands no patterns, where the brackets of an IPv6 address need no quotes. */
function quoteFlag(flag: string): string {
  return /^[\w\-./:@%+=,[\]]+$/.test(flag) ? flag : shellQuote(flag);
}

/** Returns the command that serves with exactly these permissions. */
export function rightCommand(grants: Grants): string {
  return exactCommand(flags(grants), "serve");
}

/** Returns a file's folder, to which access is granted because editors and mounted volumes replace the file itself. */
export function folderOf(path: string): string {
  const end = path.lastIndexOf("/");
  return end < 0 ? "." : path.slice(0, end);
}

/** Reports whether a path is lexically below a folder; one with `..` is not. */
function liesIn(folder: string, path: string): boolean {
  if (path.split("/").includes("..")) return false;
  return folder === "." ? !path.startsWith("/") : path.startsWith(`${folder}/`);
}

function sortedSet(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].toSorted();
}
