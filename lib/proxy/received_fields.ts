import type { Fields } from "../http/fields.ts";

/**
 * The fields of a client's request, by name in lower case, with one character per byte.
 *
 * They are read from the runtime once: every `get` of its own `Headers` would look the name up outside of JavaScript.
 */
export class ReceivedFields implements Fields {
  readonly #names: string[] = [];
  readonly #values: string[] = [];

  /** @param headers As provided by the runtime, which joins the lines of a field. */
  constructor(headers: Pick<Fields, "forEach">) {
    headers.forEach((value, name) => {
      this.#names.push(name);
      this.#values.push(value);
    });
  }

  /** Returns a field's value, or null if there is none. @param name In lower case. */
  get(name: string): string | null {
    const at = this.#names.indexOf(name);
    return at < 0 ? null : this.#values[at]!;
  }

  /** Calls a function for each field, in the order of the names. */
  forEach(callback: (value: string, name: string) => void): void {
    for (let at = 0; at < this.#names.length; at++) callback(this.#values[at]!, this.#names[at]!);
  }
}
