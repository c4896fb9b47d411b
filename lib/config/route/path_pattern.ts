import { fail, ok, type Result } from "../../core/result.ts";
import { ACROSS, CODED_SLASH, type Pattern, type Step, WITHIN } from "../../http/pattern.ts";

/** Parses a pattern of the paths that a route allows. No message quotes it: a key may have been pasted there. */
export function parsePattern(text: string, path: string): Result<Pattern> {
  const mark = text.indexOf("?");
  const steps = parseSteps(mark < 0 ? text : text.slice(0, mark), path);
  if (!steps.ok) return steps;
  if (mark < 0) return ok({ steps: steps.value, query: undefined });
  const query = parseQuery(text.slice(mark), path);
  return query.ok ? ok({ steps: steps.value, query: query.value }) : query;
}

/** `pchar` of RFC 3986, section 3.3, the slash, and the one encoding that clients need: `@scope%2fname`. */
const PLAIN = /^(?:[A-Za-z0-9\-._~!$&'()*+,=:@/]|%2[Ff])*$/;

function parseSteps(text: string, path: string): Result<readonly Step[]> {
  if (text.startsWith("/")) {
    return fail(path, "leading_slash", "must not begin with /; the pattern is relative to the route's path");
  }
  if (!PLAIN.test(text)) {
    return fail(
      path,
      "invalid_characters",
      "must contain only letters, digits, -._~!$&'()+,=:@/ and the wildcards * and **; %2F may stand for a slash",
    );
  }
  if (text.includes("//")) return fail(path, "empty_segment", "must not contain an empty segment (//)");
  if (text.split(/\/|%2f/i).some((segment) => segment === "." || segment === "..")) {
    return fail(path, "dot_segment", "must not contain the segments . and ..");
  }
  if (text.includes("***")) {
    return fail(path, "invalid_wildcard", "must not contain more than two * in a row");
  }
  const parts = text.match(/\*\*|%..|[^]/g) ?? [];
  return ok(
    parts.map((part) =>
      part === "**" ? ACROSS : part === "*" ? WITHIN : part.startsWith("%") ? CODED_SLASH : part
    ),
  );
}

/** @param text The query, including its `?`. */
function parseQuery(text: string, path: string): Result<string> {
  if (text === "?") return fail(path, "invalid_query", "must have a query after the ?");
  if (text.includes("*")) {
    return fail(
      path,
      "invalid_wildcard",
      "must not contain a * in the query, which is compared byte for byte",
    );
  }
  if (/^[!"$-~]*$/.test(text)) return ok(text);
  return fail(path, "invalid_query", "must have only visible ASCII, and no #, in the query");
}
