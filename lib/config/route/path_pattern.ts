import { ACROSS, CODED_SLASH, type Pattern, type Step, WITHIN } from "../../http/pattern.ts";
import { ok, type Reader } from "../reader/fields.ts";
import { readTexts } from "../reader/plain_fields.ts";
import type { Problem } from "../../core/result.ts";

/** Reads the patterns of what a route lets through. No message quotes one: a key may have been pasted there. */
export const readPaths: Reader<readonly Pattern[]> = (json, place) => {
  const texts = readTexts(json, place, "pattern");
  if (!texts.ok) return texts;
  const problems: Problem[] = [];
  const patterns = texts.value.map((text, index) => {
    const { path, query } = cut(text);
    const message = pathFault(path) ?? queryFault(query);
    if (message !== undefined) problems.push({ path: `${place}[${index}]`, message });
    return { steps: stepsOf(path), query };
  });
  return problems.length === 0 ? ok(patterns) : { ok: false, problems };
};

/** A pattern at its first `?`. */
function cut(text: string): { readonly path: string; readonly query: string | undefined } {
  const mark = text.indexOf("?");
  return mark < 0 ? { path: text, query: undefined } : { path: text.slice(0, mark), query: text.slice(mark) };
}

/** `pchar` of RFC 3986, section 3.3, the slash, and the one encoding that clients can't do without: `@scope%2fname`. */
const PLAIN = /^(?:[A-Za-z0-9\-._~!$&'()*+,=:@/]|%2[Ff])*$/;

function pathFault(path: string): string | undefined {
  if (path.startsWith("/")) return "must not begin with /: it is what follows the route's path";
  if (!PLAIN.test(path)) {
    return "must hold only letters, digits, -._~!$&'()+,=:@/ and the wildcards * and **; %2F may stand for a slash";
  }
  if (path.includes("//")) return "must not hold an empty segment (//)";
  if (path.split(/\/|%2f/i).some((segment) => segment === "." || segment === "..")) {
    return "must not hold the segments . and ..";
  }
  return path.includes("***") ? "must not hold more than two * in a row" : undefined;
}

function queryFault(query: string | undefined): string | undefined {
  if (query === undefined) return undefined;
  if (query === "?") return "must have a query behind the ?";
  if (query.includes("*")) return "must not hold a * in the query, which is compared as it is written";
  return /^[!"$-~]*$/.test(query) ? undefined : "must hold only visible ASCII, and no #, in the query";
}

function stepsOf(path: string): readonly Step[] {
  return (path.match(/\*\*|%..|[^]/g) ?? []).map((part) =>
    part === "**" ? ACROSS : part === "*" ? WITHIN : part.startsWith("%") ? CODED_SLASH : part
  );
}
