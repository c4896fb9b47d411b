import type { Fields } from "../http/fields.ts";

/**
 * The fields of a client's request, by name in lower case, with one character per byte.
 *
 * They are read from the runtime once: every `get` of its own `Headers` would look the name up outside of JavaScript.
 */
export class ReceivedFields implements Fields {
  /** Each name, followed by its value. */
  readonly #namesAndValues: string[] = [];

  /** @param headers As provided by the runtime, which joins the lines of a field. */
  constructor(headers: Pick<Fields, "forEach">) {
    headers.forEach((value, name) => void this.#namesAndValues.push(name, value));
  }

  /** Returns a field's value, or null if there is none. @param name In lower case. */
  get(name: string): string | null {
    const fields = this.#namesAndValues;
    for (let at = 0; at < fields.length; at += 2) if (fields[at] === name) return fields[at + 1]!;
    return null;
  }

  /** Calls a function for each field, in the order of the names. */
  forEach(callback: (value: string, name: string) => void): void {
    const fields = this.#namesAndValues;
    for (let at = 0; at < fields.length; at += 2) callback(fields[at + 1]!, fields[at]!);
  }
}
