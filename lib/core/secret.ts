/**
 * A text that can't be printed by accident.
 *
 * Logs, error messages and debuggers all turn values into text; a secret that is a plain string gets into one of them
 * sooner or later. This one becomes `[redacted]` in each of them, and is revealed by one method only.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const secret = Secret.of("sk-123");
 * assertEquals(`${secret} ${JSON.stringify({ secret })} ${Deno.inspect(secret)}`, '[redacted] {"secret":"[redacted]"} [redacted]');
 * ```
 *
 * @module
 */
const REDACTED = "[redacted]";

/** A text that becomes `[redacted]` wherever it is printed. */
export class Secret {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  /** Wraps a text. */
  static of(text: string): Secret {
    return new Secret(text);
  }

  /** Returns the text itself, to write it into a head or to mask it. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.for("Deno.customInspect")](): string {
    return REDACTED;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return REDACTED;
  }
}
