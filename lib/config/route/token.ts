import { ok, okUnless, type Problem, problem, problemsOf, type Result } from "../../core/result.ts";
import { Secret } from "../../core/secret.ts";
import { checkFieldText } from "../../http/field_text.ts";
import { valueNotShown } from "../reader/got_text.ts";
import type { RouteConfig, RouteTable } from "./route_config.ts";

/** The tokens that are set, by environment variable. */
export type Tokens = ReadonlyMap<string, Secret>;

/**
 * Parses the value of a token variable. A variable that is empty counts as unset: the value is undefined.
 *
 * A token is sent in a request head, where a line break would begin another field, and a character that a head can't
 * carry would make the runtime fail with the token in its message. Whitespace at either end is most likely an editor's.
 * A message names the kind of character and its position, never the value.
 */
export function parseToken(value: string | undefined, path: string): Result<Secret | undefined> {
  if (value === undefined || value === "") return ok(undefined);
  const [first] = [...checkTabs(value, path), ...checkFieldText(value, path)];
  return okUnless(first === undefined ? [] : [valueNotShown(first)], Secret.of(value));
}

/** Checks for tabs, which a field value may contain, but no token does. */
function checkTabs(value: string, path: string): readonly Problem[] {
  const index = value.indexOf("\t");
  return index < 0 ? [] : [problem(path, "invalid_characters", `contains a tab at position ${index + 1}`)];
}

/**
 * Parses the tokens of all routes, and the client token. Unset ones are omitted: their routes respond with 500, and the
 * others are served. {@linkcode checkClientToken} reports an unset client token.
 */
export function parseTokens(table: RouteTable, get: (name: string) => string | undefined): Result<Tokens> {
  const tokens = new Map<string, Secret>();
  const problems: Problem[] = [];
  for (const variable of tokenVariables(table)) {
    const result = parseToken(get(variable), variable);
    problems.push(...problemsOf(result));
    if (result.ok && result.value !== undefined) tokens.set(variable, result.value);
  }
  return okUnless(problems, tokens);
}

/** Returns the names of all variables that hold a token, sorted and without duplicates. */
export function tokenVariables({ routes, clientTokenEnv }: RouteTable): readonly string[] {
  const names = [...routes.map((route) => route.tokenEnv), clientTokenEnv];
  return [...new Set(names.filter((name) => name !== undefined))].toSorted();
}

/** Returns the paths of all token files, as the table spells them. */
export function tokenFiles({ routes }: RouteTable): readonly string[] {
  return routes.flatMap(({ tokenFile }) => tokenFile ?? []);
}

/** Returns the display name of a route's token source: the variable, or the file. */
export function tokenName({ tokenEnv, tokenFile }: Pick<RouteConfig, "tokenEnv" | "tokenFile">): string {
  return tokenEnv ?? `the file ${tokenFile}`;
}

/** Returns the reason for which a route has no token, as a predicate for its {@linkcode tokenName}. */
export function unsetText({ tokenEnv }: Pick<RouteConfig, "tokenEnv">): string {
  return tokenEnv === undefined ? "does not exist" : "is unset or empty";
}

/** Checks that the client token is set, if the table requires one: without it, the table can't be served. */
export function checkClientToken({ clientTokenEnv }: RouteTable, tokens: Tokens): readonly Problem[] {
  if (clientTokenEnv === undefined || tokens.has(clientTokenEnv)) return [];
  return [problem(clientTokenEnv, "unset", "is unset or empty, but client_token_env requires it")];
}
