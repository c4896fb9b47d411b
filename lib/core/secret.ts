/**
 * A string that can't be printed by accident.
 *
 * Logs, error messages and debuggers all turn values into text, and a secret kept in a plain string ends up in one of
 * them sooner or later. This type prints as `[redacted]` everywhere and is revealed by one method only.
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

/** A string that prints as `[redacted]`. */
export class Secret {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  /** Wraps a string. */
  static of(text: string): Secret {
    return new Secret(text);
  }

  /** Returns the string itself, to write it into a message head or to mask it. */
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
