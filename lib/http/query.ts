/**
 * Returns a query without the parameters that a predicate selects by their names and values, as the query spells them.
 * Everything else stays as it is, byte for byte. The value is undefined if there is no `=`.
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
export function withoutParameters(
  query: string,
  isDropped: (name: string, value: string | undefined) => boolean,
): string {
  if (query === "") return query;
  let kept = "";
  for (let start = 1; start <= query.length;) {
    const end = endOfParameter(query, start);
    const equals = query.indexOf("=", start);
    const hasValue = equals >= 0 && equals < end;
    const name = query.slice(start, hasValue ? equals : end);
    const value = hasValue ? query.slice(equals + 1, end) : undefined;
    // With the separator before it, which goes with the parameter.
    if (!isDropped(name, value)) kept += query.slice(start - 1, end);
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
