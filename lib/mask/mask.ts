import { decodeLatin1, encodeLatin1 } from "../core/latin1.ts";
import { Automaton, ROOT } from "./automaton.ts";
import { type MaskedSecret, secretForms } from "./forms.ts";
import { Search } from "./search.ts";

const STAR = 0x2a;

/**
 * Overwrites secrets, in all their forms, with `*`, byte for byte: no length changes, so nothing that states a length or
 * follows must be changed.
 *
 * A mask is made once for its secrets. A search skips what can't be a form; from where one may begin, an automaton reads
 * byte by byte until none may. So content that is made to look like a secret costs more, but the same for each byte. The
 * tables hold the secrets in private fields, which nothing prints.
 */
export class Mask {
  readonly #search: Search;
  readonly #automaton: Automaton;

  private constructor(forms: readonly Uint8Array[]) {
    this.#search = new Search(forms);
    this.#automaton = new Automaton(forms);
  }

  /** @returns Undefined where all secrets are too short to be masked. */
  static of(secrets: readonly MaskedSecret[]): Mask | undefined {
    const forms = new Set(secrets.flatMap((secret) => secretForms(secret).map((form) => form.reveal())));
    return forms.size === 0 ? undefined : new Mask(Array.from(forms, encodeLatin1));
  }

  /** Masks content that is complete, in place. */
  maskBytes(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    this.scan(bytes, 0, ROOT);
    return bytes;
  }

  /** Masks a text with one byte per character, such as a field value. */
  maskText(text: string): string {
    if (text.length < this.#search.least || !this.#search.mayFind(text)) return text;
    const bytes = encodeLatin1(text);
    this.scan(bytes, 0, ROOT);
    return decodeLatin1(bytes);
  }

  /**
   * Masks in place each form that ends after `at`, for {@linkcode StreamMask}.
   *
   * @param state What the scan before returned; the bytes that it left pending stand before `at`.
   */
  scan(bytes: Uint8Array, at: number, state: number): number {
    const automaton = this.#automaton;
    for (;;) {
      if (state === ROOT) at = this.#search.find(bytes, at);
      if (at === bytes.length) return state;
      do {
        state = automaton.next(state, bytes[at++]!);
        const length = automaton.ending(state);
        if (length > 0) bytes.fill(STAR, at - length, at);
      } while (state !== ROOT && at < bytes.length);
    }
  }

  /** Returns how many of the last bytes that a scan read may be the beginning of a form. */
  pendingLength(state: number): number {
    return this.#automaton.pendingLength(state);
  }
}
