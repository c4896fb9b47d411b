/**
 * A JSON parser (RFC 8259), as strict as `JSON.parse`, that also reports the line and column of an error and duplicate
 * member names. Of two members with the same name `JSON.parse` silently keeps the last, so that a reviewer and the
 * service could see different upstreams; and its messages quote the text, which may contain a secret.
 *
 * @module
 */

import { fail, ok, type Problem, problem, type Result } from "../../core/result.ts";
import { memberPath } from "./member_path.ts";

/** A JSON value. Objects are maps, in which a member named `__proto__` is an ordinary member. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object, with its members in source order. */
export type JsonObject = ReadonlyMap<string, Json>;

/** A parsed JSON text. */
export interface JsonText {
  readonly value: Json;
  /** Duplicate member names; the value contains the first member of each. */
  readonly duplicates: readonly Problem[];
}

/**
 * Parses a JSON text.
 *
 * @param path The name of the text as a whole. The paths of duplicates are relative to its value.
 */
export function parseJson(text: string, path: string): Result<JsonText> {
  try {
    return ok(new JsonParser(text).document());
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    const before = text.slice(0, error.offset);
    const line = before.split("\n").length;
    const column = error.offset - before.lastIndexOf("\n");
    return fail(path, "invalid_json", `is not JSON: line ${line}, column ${column}: ${error.message}`);
  }
}

/** Returns the type of a value for messages, which must not quote the value: it may be a secret. */
export function kindOf(json: Json): string {
  if (json === null) return "null";
  if (Array.isArray(json)) return "an array";
  if (json instanceof Map) return "an object";
  return `a ${typeof json}`;
}

/** The maximum nesting depth, far beyond any configuration's; it keeps the recursion from overflowing the stack. */
const DEPTH_LIMIT = 64;

const SPACE = /[ \t\r\n]*/y;
const LITERAL = /true|false|null/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// deno-lint-ignore no-control-regex -- RFC 8259, section 7: control characters must be escaped
const STRING = /"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;

/** A syntax error. */
class JsonError extends Error {
  /** @param offset The position of the error, in characters from the beginning of the text. */
  constructor(readonly offset: number, message: string) {
    super(message);
  }
}

/** A recursive-descent parser. Each method parses at the offset and advances it past what it has parsed. */
class JsonParser {
  readonly #text: string;
  readonly #duplicates: Problem[] = [];
  #offset = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): JsonText {
    const value = this.#value("", 0);
    this.#match(SPACE);
    if (this.#offset < this.#text.length) throw this.#error("unexpected text after the end of the value");
    return { value, duplicates: this.#duplicates };
  }

  #value(path: string, depth: number): Json {
    if (depth > DEPTH_LIMIT) throw this.#error("nested too deeply");
    this.#match(SPACE);
    if (this.#skip("{")) return this.#object(path, depth);
    if (this.#skip("[")) return this.#array(path, depth);
    if (this.#text[this.#offset] === '"') return this.#string();
    // The two expressions match nothing that JSON.parse rejects.
    const scalar = this.#match(LITERAL) ?? this.#match(NUMBER);
    if (scalar === undefined) throw this.#missing("expected a value");
    return JSON.parse(scalar);
  }

  #object(path: string, depth: number): JsonObject {
    const members = new Map<string, Json>();
    this.#match(SPACE);
    if (this.#skip("}")) return members;
    do {
      this.#match(SPACE);
      if (this.#text[this.#offset] !== '"') throw this.#missing("expected a member name in double quotes");
      const name = this.#string();
      const member = memberPath(path, name);
      this.#match(SPACE);
      if (!this.#skip(":")) throw this.#error("expected a colon");
      const value = this.#value(member, depth + 1);
      if (!members.has(name)) members.set(name, value);
      else {this.#duplicates.push(
          problem(member, "duplicate_member", "appears twice in the same object; remove one"),
        );}
      this.#match(SPACE);
    } while (this.#skip(","));
    if (!this.#skip("}")) throw this.#error("expected a comma or a closing brace");
    return members;
  }

  #array(path: string, depth: number): readonly Json[] {
    const items: Json[] = [];
    this.#match(SPACE);
    if (this.#skip("]")) return items;
    do {
      items.push(this.#value(`${path}[${items.length}]`, depth + 1));
      this.#match(SPACE);
    } while (this.#skip(","));
    if (!this.#skip("]")) throw this.#error("expected a comma or a closing bracket");
    return items;
  }

  #string(): string {
    const literal = this.#match(STRING);
    if (literal === undefined) {
      throw this.#error(
        "this string has no closing quote, or contains a control character or an invalid escape",
      );
    }
    return JSON.parse(literal);
  }

  #skip(character: string): boolean {
    if (this.#text[this.#offset] !== character) return false;
    this.#offset++;
    return true;
  }

  /** Returns the text that a sticky expression matches at the offset, or undefined if it does not match. */
  #match(expression: RegExp): string | undefined {
    expression.lastIndex = this.#offset;
    const match = expression.exec(this.#text)?.[0];
    this.#offset += match?.length ?? 0;
    return match;
  }

  /** Returns the error of a member name or value that is missing: mostly, there is a comma after the last one. */
  #missing(message: string): JsonError {
    const next = this.#text[this.#offset];
    if (next === "'") return this.#error(`${message}; there are no single quotes in JSON`);
    const isLast = (next === "}" || next === "]") &&
      this.#text.slice(0, this.#offset).trimEnd().endsWith(",");
    return this.#error(isLast ? "there is a comma after the last item; remove it" : message);
  }

  #error(message: string): JsonError {
    if (this.#offset >= this.#text.length) message = "the text ends too early";
    else if (/^\/[/*]/.test(this.#text.slice(this.#offset, this.#offset + 2))) {
      message = "there are no comments in JSON; remove this one";
    }
    return new JsonError(this.#offset, message);
  }
}
