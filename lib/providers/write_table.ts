/**
 * The texts of a new table and of its file of variables.
 *
 * @module
 */

import { type Json, parseJson } from "../config/reader/json.ts";
import { parseRoutes } from "../config/route/route_table.ts";
import { fail, ok, type Result } from "../core/result.ts";
import type { Choice } from "./preset_table.ts";
import type { Provider, RouteFields } from "./provider.ts";

/** A table, as text. */
export interface TableText {
  readonly text: string;
  /** The paths and hosts of the routes that were added. */
  readonly added: readonly string[];
  /** Those that were left as they are, since the table had them. */
  readonly kept: readonly string[];
}

/**
 * Returns the text of a table with the routes of providers.
 *
 * @param schema What `$schema` is to be.
 */
export function newTable(choices: readonly Choice[], schema: string): TableText {
  const routes = choices.flatMap((choice) => choice.routes);
  return { text: textOf({ $schema: schema, routes }), added: routes.map(nameOf), kept: [] };
}

/**
 * Returns the text of a table with the routes of providers added at its end. A route whose path or host the table has is
 * left as it is.
 *
 * @param text The table so far, which must be valid.
 * @param path The path of problems with it.
 */
export function addToTable(text: string, path: string, choices: readonly Choice[]): Result<TableText> {
  const valid = parseRoutes(text, path);
  if (!valid.ok) return valid;
  const parsed = parseJson(text, path);
  if (!parsed.ok) return parsed;
  const table = plain(parsed.value.value) as { routes: RouteFields[] };
  const names = new Set(table.routes.map(nameOf));
  const given = choices.flatMap((choice) => choice.routes);
  const added = given.filter((route) => !names.has(nameOf(route)));
  const changed = textOf({ ...table, routes: [...table.routes, ...added] });
  const result = parseRoutes(changed, path);
  if (!result.ok) return fail(path, "conflict", "can't take these routes as it is; add them by hand");
  const kept = given.filter((route) => names.has(nameOf(route)));
  return ok({ text: changed, added: added.map(nameOf), kept: kept.map(nameOf) });
}

function textOf(table: object): string {
  return `${JSON.stringify(table, null, 2)}\n`;
}

function nameOf({ host, path }: RouteFields): string {
  return host ?? path ?? "";
}

/** Returns a value as the runtime's own types. */
function plain(json: Json): unknown {
  if (Array.isArray(json)) return json.map(plain);
  return json instanceof Map
    ? Object.fromEntries([...json].map(([name, value]) => [name, plain(value)]))
    : json;
}

/**
 * Returns the text of a file of variables to which the secrets of providers were added, each with a comment and no value.
 *
 * @param text The file so far; undefined: there is none. What it has is left as it is.
 */
export function addSecrets(text: string | undefined, providers: readonly Provider[]): string {
  let result = text ?? `# Variables of cred-proxy, for its route table. Keep this file to yourself.
CRED_PROXY_BIND=127.0.0.1
`;
  if (!result.endsWith("\n")) result += "\n";
  for (const { title, secrets } of providers) {
    for (const { variable, what, from } of secrets) {
      if (new RegExp(`^\\s*(?:export\\s+)?${variable}\\s*=`, "m").test(result)) continue;
      result += `\n# ${title}: ${what}${from === undefined ? "" : `, from ${from}`}\n${variable}=\n`;
    }
  }
  return result;
}
