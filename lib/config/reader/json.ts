import type { Problem, Result } from "../../core/result.ts";
import { memberPath } from "./path.ts";

/** A JSON value. An object is a map, so that a member called `__proto__` is a member like any other. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object: its members in the order of the text. */
export type JsonObject = ReadonlyMap<string, Json>;

/** What a JSON text holds. */
export interface JsonText {
  readonly value: Json;
  /** Member names that stand twice in one object; the value has the first. */
  readonly duplicates: readonly Problem[];
}

/**
 * Read a JSON text (RFC 8259) as strictly as `JSON.parse`, and say two things which that does not: the line and column
 * of a fault, and which member names stand twice in an object. `JSON.parse` keeps the last of two members in silence,
 * so that a reader of the table and the service could hold different upstreams for true; and its messages quote the
 * text, which may hold a secret.
 *
 * @param name The place to give for the whole text.
 */
export function parseJson(text: string, name: string): Result<JsonText> {
  try {
    return { ok: true, value: new Reader(text).document() };
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    const before = text.slice(0, fault.at);
    const line = before.split("\n").length;
    const column = fault.at - before.lastIndexOf("\n");
    const message = `is not JSON: line ${line}, column ${column}: ${fault.message}`;
    return { ok: false, problems: [{ path: name, message }] };
  }
}

/** Deeper nesting is no configuration; the bound keeps the recursion off the end of the stack. */
const DEPTH_LIMIT = 64;

const SPACE = /[ \t\r\n]*/y;
const LITERAL = /true|false|null/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// deno-lint-ignore no-control-regex -- RFC 8259, section 7: control characters must be escaped
const STRING = /"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;

/** Where a text stops being JSON. */
class Fault extends Error {
  constructor(readonly at: number, message: string) {
    super(message);
  }
}

class Reader {
  readonly #text: string;
  readonly #duplicates: Problem[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): JsonText {
    const value = this.#value("", 0);
    this.#take(SPACE);
    if (this.#at < this.#text.length) throw this.#fault("something follows the end of the value");
    return { value, duplicates: this.#duplicates };
  }

  #value(place: string, depth: number): Json {
    if (depth > DEPTH_LIMIT) throw this.#fault("nested too deeply");
    this.#take(SPACE);
    if (this.#skip("{")) return this.#object(place, depth);
    if (this.#skip("[")) return this.#array(place, depth);
    if (this.#text[this.#at] === '"') return this.#string();
    // The two expressions match nothing that JSON.parse refuses.
    const scalar = this.#take(LITERAL) ?? this.#take(NUMBER);
    if (scalar === undefined) throw this.#fault("a value is wanted here");
    return JSON.parse(scalar);
  }

  #object(place: string, depth: number): JsonObject {
    const members = new Map<string, Json>();
    this.#take(SPACE);
    if (this.#skip("}")) return members;
    do {
      this.#take(SPACE);
      if (this.#text[this.#at] !== '"') throw this.#fault("a member name in double quotes is wanted here");
      const name = this.#string();
      const at = memberPath(place, name);
      this.#take(SPACE);
      if (!this.#skip(":")) throw this.#fault("a colon is wanted here");
      const value = this.#value(at, depth + 1);
      if (members.has(name)) this.#duplicates.push({ path: at, message: "stands twice in the same object" });
      else members.set(name, value);
      this.#take(SPACE);
    } while (this.#skip(","));
    if (!this.#skip("}")) throw this.#fault("a comma or a closing brace is wanted here");
    return members;
  }

  #array(place: string, depth: number): readonly Json[] {
    const items: Json[] = [];
    this.#take(SPACE);
    if (this.#skip("]")) return items;
    do {
      items.push(this.#value(`${place}[${items.length}]`, depth + 1));
      this.#take(SPACE);
    } while (this.#skip(","));
    if (!this.#skip("]")) throw this.#fault("a comma or a closing bracket is wanted here");
    return items;
  }

  #string(): string {
    const literal = this.#take(STRING);
    if (literal === undefined) {
      throw this.#fault(
        "this string has no end, or holds a control character or an escape that JSON does not have",
      );
    }
    return JSON.parse(literal);
  }

  #skip(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  /** The text that a sticky expression matches here, which is then behind us. */
  #take(expression: RegExp): string | undefined {
    expression.lastIndex = this.#at;
    const found = expression.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  #fault(message: string): Fault {
    if (this.#at >= this.#text.length) return new Fault(this.#at, "the text ends too early");
    return new Fault(this.#at, message);
  }
}
