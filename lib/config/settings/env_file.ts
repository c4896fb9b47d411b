/**
 * Parsing files of variables (`.env`).
 *
 * Such files have no standard. Here a value stands for itself: nothing is expanded, since a `$` in a token is a `$`. In
 * other respects a file is read as Docker, Node and shells read it.
 *
 * @module
 */

import { fail, failAll, ok, type Problem, problem, type Result } from "../../core/result.ts";

/** The variables of a file, by name. */
export type EnvFile = ReadonlyMap<string, string>;

/**
 * Parses a file of variables, with one `NAME=VALUE` per line.
 *
 * A value may be in quotes, and then span several lines; in double quotes `\n`, `\"`, `\$` and `\\` are escapes. Without
 * quotes it ends with the line, or with a `#` that follows white space. A variable without a value is omitted.
 *
 * @param path The file's path. The path of a problem has the line too. No message quotes a value.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const file = parseEnvFile("# comment\nexport A=a$b#c # comment\nB='x y'\nC=\n", ".env");
 * assertEquals(file, { ok: true, value: new Map([["A", "a$b#c"], ["B", "x y"]]) });
 * ```
 */
export function parseEnvFile(text: string, path: string): Result<EnvFile> {
  const variables = new Map<string, string>();
  const lines = new Map<string, number>();
  const problems: Problem[] = [];
  const rest = text.replace(/^\ufeff/, "").replaceAll("\r\n", "\n").split("\n");
  for (let line = 1; rest.length > 0; line++) {
    let source = rest.shift() ?? "";
    if (/^\s*(?:#|$)/.test(source)) continue;
    const place = `${path}:${line}`;
    const [, name, value = ""] = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/.exec(source) ?? [];
    if (name === undefined) {
      problems.push(problem(place, "invalid_env_file", "must be NAME=VALUE (the line is not shown)"));
      continue;
    }
    source = value;
    const quote = /^["']/.exec(source)?.[0];
    // A quoted value ends with the quote, on this line or on one of the next.
    while (quote !== undefined && !closing(quote).test(source) && rest.length > 0) {
      source += `\n${rest.shift()}`;
      line++;
    }
    const parsed = parseValue(source, quote, place);
    if (!parsed.ok) problems.push(...parsed.problems);
    else if (parsed.value !== "") variables.set(name, parsed.value);
    const first = lines.get(name);
    if (first === undefined) lines.set(name, line);
    else problems.push(problem(place, "duplicate_member", `${name} is set in line ${first} too; remove one`));
  }
  return problems.length === 0 ? ok(variables) : failAll(problems);
}

/** A value in quotes, with nothing after it but a comment. */
const SINGLE_QUOTED = /^'([^']*)'\s*(?:#[^\n]*)?$/;
const DOUBLE_QUOTED = /^"((?:[^"\\]|\\[^])*)"\s*(?:#[^\n]*)?$/;

/** Whether the quote that a text begins with is closed, whatever follows it. */
function closing(quote: string): RegExp {
  return quote === "'" ? /^'[^']*'/ : /^"(?:[^"\\]|\\[^])*"/;
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

function parseValue(source: string, quote: string | undefined, path: string): Result<string> {
  if (quote === undefined) return ok(source.replace(/(?:^|\s)#.*$/, "").trim());
  const inside = (quote === "'" ? SINGLE_QUOTED : DOUBLE_QUOTED).exec(source)?.[1];
  if (inside === undefined) {
    const message = `has a value that begins with ${quote} but does not end with it (the value is not shown)`;
    return fail(path, "invalid_env_file", message);
  }
  return ok(
    quote === "'" ? inside : inside.replaceAll(/\\([^])/g, (_, letter: string) => ESCAPES[letter] ?? letter),
  );
}
