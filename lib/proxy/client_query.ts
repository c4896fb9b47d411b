import type { RouteConfig } from "../config/route/route_config.ts";
import { CREDENTIAL_PARAMETERS, foldParameter } from "../http/credential_names.ts";

/** Reports whether a parameter of the client's is dropped, by its name as the query spells it. */
export type IsDropped = (name: string) => boolean;

/** Returns the rule by which a route drops parameters: those in which services accept a credential, and its own. */
export function parameterRule(
  { dropQuery, keepQuery }: Pick<RouteConfig, "dropQuery" | "keepQuery">,
): IsDropped {
  return (name) => {
    const folded = foldParameter(name);
    return dropQuery.has(folded) || (CREDENTIAL_PARAMETERS.has(folded) && !keepQuery.has(folded));
  };
}

/**
 * Returns a query without the parameters that a route drops. Everything else stays as it is, byte for byte.
 *
 * A `;` separates parameters as well: some servers split there (RFC 1866, section 8.2.1).
 *
 * @param query Including its `?`, or empty.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(withoutParameters("?a=%20&KEY=x&b", (name) => name === "KEY"), "?a=%20&b");
 * ```
 */
export function withoutParameters(query: string, isDropped: IsDropped): string {
  if (query === "") return query;
  let kept = "";
  for (let start = 1; start <= query.length;) {
    const end = endOfParameter(query, start);
    const equals = query.indexOf("=", start);
    const name = query.slice(start, equals < 0 || equals > end ? end : equals);
    // With the separator before it, which goes with the parameter.
    if (!isDropped(name)) kept += query.slice(start - 1, end);
    start = end + 1;
  }
  if (kept.length === query.length) return query;
  return kept === "" ? "" : `?${kept.slice(1)}`;
}

function endOfParameter(query: string, start: number): number {
  for (let at = start; at < query.length; at++) {
    const code = query.charCodeAt(at);
    if (code === AMPERSAND || code === SEMICOLON) return at;
  }
  return query.length;
}

const AMPERSAND = 0x26;
const SEMICOLON = 0x3b;
