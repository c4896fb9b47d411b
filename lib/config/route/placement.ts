import { type Problem, problem } from "../../core/result.ts";
import type { JsonObject } from "../reader/json.ts";
import type { RouteConfig } from "./route_config.ts";

/** What stands for the token in the upstream's path. */
export const TOKEN_PLACEHOLDER = "{token}";

/** Returns the part of a request that carries a route's token. */
export function tokenPlacement(
  { authQuery, upstream }: Partial<Pick<RouteConfig, "authQuery" | "upstream">>,
): "field" | "query" | "path" {
  if (authQuery !== undefined) return "query";
  return upstream?.base.includes(TOKEN_PLACEHOLDER) ? "path" : "field";
}

/**
 * Checks that a route says exactly once where its token goes: with `auth_scheme` into a field, with `auth_query` into the
 * query, with a placeholder into the path. Checks what is given, so that it also works for a route with other problems.
 */
export function checkPlacement(route: JsonObject, path: string): readonly Problem[] {
  const upstream = route.get("upstream");
  const inPath = typeof upstream === "string" && upstream.includes(TOKEN_PLACEHOLDER);
  const inQuery = route.has("auth_query");
  if (!inPath && !inQuery) {
    return route.has("auth_scheme") ? [] : [problem(`${path}.auth_scheme`, "missing", "is missing")];
  }
  const place = inQuery ? "auth_query" : `${TOKEN_PLACEHOLDER} in the upstream`;
  const problems: Problem[] = [];
  if (inPath && inQuery) {
    const message = `can't be combined with ${TOKEN_PLACEHOLDER} in the upstream; remove one of them`;
    problems.push(problem(`${path}.auth_query`, "conflict", message));
  }
  const scheme = route.get("auth_scheme");
  if (typeof scheme === "string" && scheme !== "") {
    const message = `must be "" or left out, since ${place} carries the bare token`;
    problems.push(problem(`${path}.auth_scheme`, "conflict", message));
  }
  if (route.has("auth_header")) {
    const message = `can't be combined with ${place}; remove one of them`;
    problems.push(problem(`${path}.auth_header`, "conflict", message));
  }
  return problems;
}
