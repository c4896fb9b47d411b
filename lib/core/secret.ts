/**
 * A text that can't be printed.
 *
 * Logs, error texts and debuggers all turn values into text; a secret that is a plain string gets into one of them
 * sooner or later. This one says `[redacted]` to each, and gives itself away in one place only.
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

export class Secret {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  static of(text: string): Secret {
    return new Secret(text);
  }

  /** The text itself, for the bytes of a head and for the mask. */
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
