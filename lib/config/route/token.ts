import { ok, okUnless, type Problem, problem, problemsOf, type Result } from "../../core/result.ts";
import { Secret } from "../../core/secret.ts";
import { checkFieldText } from "../../http/field_text.ts";
import { valueNotShown } from "../reader/got_text.ts";
import type { RouteConfig, RouteTable } from "./route_config.ts";

/** The tokens that are set, by variable. */
export type Tokens = ReadonlyMap<string, Secret>;

/**
 * Parses the value of a token variable. Undefined if it is unset or set to nothing, which are the same.
 *
 * A token goes into a request's head: a line break in it would begin a second field, and on a byte that a head can't
 * carry the runtime would fail with the token in its message. White space at an end is what `$(cat file)` leaves out
 * and an editor puts in. A message names the kind of byte and its position, never the value.
 */
export function parseToken(value: string | undefined, path: string): Result<Secret | undefined> {
  if (value === undefined || value === "") return ok(undefined);
  const [first] = [...checkTabs(value, path), ...checkFieldText(value, path)];
  return okUnless(first === undefined ? [] : [valueNotShown(first)], Secret.of(value));
}

/** A field value may hold a tab inside; no token does. */
function checkTabs(value: string, path: string): readonly Problem[] {
  const index = value.indexOf("\t");
  return index < 0 ? [] : [problem(path, "invalid_characters", `holds a tab at position ${index + 1}`)];
}

/**
 * Parses the tokens of all routes, and the client token. One that is unset is left out: its route responds with 500,
 * the others are served. {@linkcode checkClientToken} reports an unset client token.
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

/** Returns every variable that holds a token, once, sorted. */
export function tokenVariables({ routes, clientTokenEnv }: RouteTable): readonly string[] {
  const names = [...routes.map((route) => route.tokenEnv), clientTokenEnv];
  return [...new Set(names.filter((name) => name !== undefined))].toSorted();
}

/** Returns every file that holds a token, as the table names it. */
export function tokenFiles({ routes }: RouteTable): readonly string[] {
  return routes.flatMap(({ tokenFile }) => tokenFile ?? []);
}

/** Returns a route's token source for people: the variable, or the file. */
export function tokenName({ tokenEnv, tokenFile }: Pick<RouteConfig, "tokenEnv" | "tokenFile">): string {
  return tokenEnv ?? `the file ${tokenFile}`;
}

/** Returns what is wrong where a route has no token. */
export function unsetText({ tokenEnv }: Pick<RouteConfig, "tokenEnv">): string {
  return tokenEnv === undefined ? "does not exist" : "is unset or empty";
}

/** Without its client token a table would admit every client or none, so it is not served. */
export function checkClientToken({ clientTokenEnv }: RouteTable, tokens: Tokens): readonly Problem[] {
  if (clientTokenEnv === undefined || tokens.has(clientTokenEnv)) return [];
  return [problem(clientTokenEnv, "unset", "is unset or empty, but client_token_env requires it")];
}
