import { type Problem, problem } from "../../core/result.ts";
import type { JsonObject } from "../reader/json.ts";
import type { RouteConfig } from "./route_config.ts";

/** What stands for the token in the upstream's path. */
export const TOKEN_PLACEHOLDER = "{token}";

/** Returns the part of a request that carries a route's token. */
export function tokenPlacement(
  { authQuery, upstream, signWith, anonymous }: Partial<
    Pick<RouteConfig, "authQuery" | "upstream" | "signWith" | "anonymous">
  >,
): "field" | "query" | "path" | "signature" | "none" {
  if (anonymous === true) return "none";
  if (signWith !== undefined) return "signature";
  if (authQuery !== undefined) return "query";
  return upstream?.base.includes(TOKEN_PLACEHOLDER) ? "path" : "field";
}

/**
 * Checks that a route says exactly once where its token goes: with `auth_scheme` into a field, with `auth_query` into the
 * query, with a placeholder into the path; with `sign_with` and `anonymous` it is not sent at all. Checks what is given, so that it also works for a route with other problems.
 */
export function checkPlacement(route: JsonObject, path: string): readonly Problem[] {
  const upstream = route.get("upstream");
  const inPath = typeof upstream === "string" && upstream.includes(TOKEN_PLACEHOLDER);
  const places = [
    ...route.has("anonymous") ? ["anonymous"] : [],
    ...route.has("sign_with") ? ["sign_with"] : [],
    ...route.has("auth_query") ? ["auth_query"] : [],
    ...inPath ? [`${TOKEN_PLACEHOLDER} in the upstream`] : [],
  ];
  const [place, second] = places;
  if (place === undefined) {
    return route.has("auth_scheme") ? [] : [problem(`${path}.auth_scheme`, "missing", "is missing")];
  }
  const problems: Problem[] = [];
  if (second !== undefined) {
    const message = `can't be combined with ${second}; remove one of them`;
    problems.push(problem(`${path}.${place}`, "conflict", message));
  }
  const scheme = route.get("auth_scheme");
  if (typeof scheme === "string" && scheme !== "") {
    const message = `must be "" or left out, since ${place} says what is sent`;
    problems.push(problem(`${path}.auth_scheme`, "conflict", message));
  }
  if (route.has("auth_header")) {
    const message = `can't be combined with ${place}; remove one of them`;
    problems.push(problem(`${path}.auth_header`, "conflict", message));
  }
  return problems;
}
