import { Secret } from "../../core/secret.ts";
import { checkFieldText } from "../../http/field_text.ts";
import type { Problem, Result } from "../../core/result.ts";
import type { RouteConfig, RouteTable } from "./route_config.ts";

/** The tokens that are set, by their variables. */
export type Tokens = ReadonlyMap<string, Secret>;

/**
 * Judge what a token variable holds. Unset and set to nothing are the same: undefined.
 *
 * A token goes into a head: a line break in it would be a second field, and a byte that a head can't carry would make
 * the runtime fail with the token in its message. White space at an end is what `$(cat file)` leaves out and an editor
 * puts in. The message tells the kind of byte and its position, never the value.
 */
export function parseToken(variable: string, value: string | undefined): Result<Secret | undefined> {
  if (value === undefined || value === "") return { ok: true, value: undefined };
  const fault = tabFault(value) ?? checkFieldText(value);
  if (fault === undefined) return { ok: true, value: Secret.of(value) };
  return { ok: false, problems: [{ path: variable, message: `${fault} (the value is not shown)` }] };
}

/** A field value may hold a tab inside; no token does. */
function tabFault(value: string): string | undefined {
  const index = value.indexOf("\t");
  return index < 0 ? undefined : `holds a tab at position ${index + 1}`;
}

/**
 * Judge the tokens of all routes, and the client token. One that is unset is left out: a route without its token answers
 * 500, the others serve. What comes of an unset client token is {@linkcode checkClientToken}'s to say.
 */
export function parseTokens(table: RouteTable, get: (name: string) => string | undefined): Result<Tokens> {
  const tokens = new Map<string, Secret>();
  const problems: Problem[] = [];
  for (const variable of tokenVariables(table)) {
    const judged = parseToken(variable, get(variable));
    if (!judged.ok) problems.push(...judged.problems);
    else if (judged.value !== undefined) tokens.set(variable, judged.value);
  }
  return problems.length === 0 ? { ok: true, value: tokens } : { ok: false, problems };
}

/** Every variable that holds a token, once, in a fixed order. */
export function tokenVariables({ routes, clientTokenEnv }: RouteTable): readonly string[] {
  const names = [...routes.map((route) => route.tokenEnv), clientTokenEnv];
  return [...new Set(names.filter((name) => name !== undefined))].toSorted();
}

/** Every file that holds a token. */
export function tokenFiles({ routes }: RouteTable): readonly string[] {
  return routes.flatMap(({ tokenFile }) => tokenFile ?? []);
}

/** What people call a route's token: the variable, or the file. */
export function tokenName({ tokenEnv, tokenFile }: Pick<RouteConfig, "tokenEnv" | "tokenFile">): string {
  return tokenEnv ?? `the file ${tokenFile}`;
}

/** What is wrong where there is none. */
export function unsetText({ tokenEnv }: Pick<RouteConfig, "tokenEnv">): string {
  return tokenEnv === undefined ? "is not there" : "is unset or empty";
}

/** A table that asks for a client token is not served without: everybody would be let in, or nobody. */
export function checkClientToken({ clientTokenEnv }: RouteTable, tokens: Tokens): readonly Problem[] {
  if (clientTokenEnv === undefined || tokens.has(clientTokenEnv)) return [];
  return [{ path: clientTokenEnv, message: "is unset or empty, but client_token_env asks for it" }];
}
