import { decodeLatin1, encodeLatin1 } from "../core/latin1.ts";
import { Automaton, ROOT } from "./automaton.ts";
import { type MaskedSecret, secretForms } from "./forms.ts";
import { Search } from "./search.ts";

const STAR = 0x2a;

/**
 * A mask that overwrites every form of its secrets with `*`, byte for byte. Lengths and offsets stay the same, so nothing
 * else in a message has to be adjusted.
 *
 * A fast search skips what can't be part of a form. From a position where one may begin, an automaton reads byte by byte
 * until none may. So content crafted to resemble a secret is slower to mask, but its cost per byte is bounded. The tables
 * keep the secrets in private fields, which are never printed.
 */
export class Mask {
  readonly #search: Search;
  readonly #automaton: Automaton;

  private constructor(forms: readonly Uint8Array[]) {
    this.#search = new Search(forms);
    this.#automaton = new Automaton(forms);
  }

  /** Returns a mask of the secrets, or undefined if all of them are too short to be masked. */
  static of(secrets: readonly MaskedSecret[]): Mask | undefined {
    const forms = new Set(secrets.flatMap((secret) => secretForms(secret).map((form) => form.reveal())));
    return forms.size === 0 ? undefined : new Mask(Array.from(forms, encodeLatin1));
  }

  /** Masks complete content in place, and returns it. */
  maskBytes(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    this.scan(bytes, 0, ROOT);
    return bytes;
  }

  /** Returns a text with one byte per character, such as a field value, with its secrets masked. */
  maskText(text: string): string {
    if (text.length < this.#search.minLength || !this.#search.mayFind(text)) return text;
    const bytes = encodeLatin1(text);
    this.scan(bytes, 0, ROOT);
    return decodeLatin1(bytes);
  }

  /**
   * Masks in place every form that ends after `at`, for {@linkcode StreamMask}.
   *
   * @param state The state that the previous scan returned; the bytes that were pending then must precede `at`.
   * @returns The state after the last byte.
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

  /** Returns how many of the last bytes of a scan may be the beginning of a form, by the state that it returned. */
  pendingLength(state: number): number {
    return this.#automaton.pendingLength(state);
  }
}
