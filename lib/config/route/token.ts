import { okUnless, type Problem, problem, problemsOf, type Result } from "../../core/result.ts";
import type { Secret } from "../../core/secret.ts";
import { type RouteConfig, routesWithTokens, type RouteTable } from "./route_config.ts";
import { parseSecret, secretName, type SecretRef, unsetReason } from "./secret_ref.ts";
import { keyRefs } from "./sign_with.ts";
import { inputsOf, tokenFromName } from "./token_from.ts";

/** The secrets that are set, by environment variable. */
export type Tokens = ReadonlyMap<string, Secret>;

/** What says where a route's token comes from. */
export type TokenFields = Pick<
  RouteConfig,
  "tokenEnv" | "tokenFile" | "tokenFrom" | "signWith" | "anonymous"
>;

/** Returns every secret that a route is given: its token, or those from which its token is minted. */
export function secretRefs({ tokenEnv, tokenFile, tokenFrom, signWith }: TokenFields): readonly SecretRef[] {
  return [
    ...(tokenEnv === undefined ? [] : [{ from: "variable", name: tokenEnv, kind: "token" } as const]),
    ...(tokenFile === undefined ? [] : [{ from: "file", name: tokenFile, kind: "token" } as const]),
    ...(tokenFrom === undefined ? [] : inputsOf(tokenFrom)),
    ...(signWith === undefined ? [] : keyRefs(signWith)),
  ];
}

/**
 * Parses the secrets of all routes, and the client token. Unset ones are omitted: their routes respond with 500, and the
 * others are served. {@linkcode checkClientToken} reports an unset client token.
 */
export function parseTokens(table: RouteTable, get: (name: string) => string | undefined): Result<Tokens> {
  const tokens = new Map<string, Secret>();
  const problems: Problem[] = [];
  const refs = allRefs(table).filter(({ from }) => from === "variable");
  const kinds = Map.groupBy(refs, ({ name }) => name);
  for (const variable of tokenVariables(table)) {
    const roles = kinds.get(variable)?.map(({ kind }) => kind) ?? ["token" as const];
    const result = parseSecret(get(variable), variable, roles);
    problems.push(...problemsOf(result));
    if (result.ok && result.value !== undefined) tokens.set(variable, result.value);
  }
  return okUnless(problems, tokens);
}

/** Returns every secret that the table names: those of the routes and of the clients. */
function allRefs(table: RouteTable): readonly SecretRef[] {
  return [
    ...routesWithTokens(table).flatMap(secretRefs),
    ...table.clients.flatMap(({ proof }): SecretRef[] =>
      proof.kind === "env"
        ? [{ from: "variable", name: proof.variable, kind: "token" }]
        : proof.kind === "file"
        ? [{ from: "file", name: proof.file, kind: "token" }]
        : []
    ),
  ];
}

/** Returns the names of all variables that hold a secret, sorted and without duplicates. */
export function tokenVariables(table: RouteTable): readonly string[] {
  const read = allRefs(table).filter(({ from }) => from === "variable").map(({ name }) => name);
  return [...new Set([...read, ...(table.clientTokenEnv === undefined ? [] : [table.clientTokenEnv])])]
    .toSorted();
}

/** Returns all files that hold a secret; one that serves in several roles several times. */
export function tokenFiles(table: RouteTable): readonly SecretRef[] {
  return allRefs(table).filter(({ from }) => from === "file");
}

/** Returns the display name of a route's token source: the variable, the file, or the issuer. */
export function tokenName(route: TokenFields): string {
  if (route.anonymous) return "no token";
  if (route.tokenFrom !== undefined) return tokenFromName(route.tokenFrom);
  return secretRefs(route).map(secretName).join(" and ");
}

/** Returns the reason for which a route has no token, as a predicate for its {@linkcode tokenName}. */
export function unsetText(route: TokenFields): string {
  const [ref] = secretRefs(route);
  return ref === undefined ? "is unset" : unsetReason(ref);
}

/** Checks that the client token is set, if the table requires one: without it, the table can't be served. */
export function checkClientToken({ clientTokenEnv }: RouteTable, tokens: Tokens): readonly Problem[] {
  if (clientTokenEnv === undefined || tokens.has(clientTokenEnv)) return [];
  return [problem(clientTokenEnv, "unset", "is unset or empty, but client_token_env requires it")];
}
