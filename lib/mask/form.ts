import { encodeLatin1 } from "../core/latin1.ts";

/** What {@linkcode Form} needs. Texts have one byte per character. */
export interface FormOptions {
  /** The text, as it is before an encoder escapes some of its characters. */
  readonly text: string;
  /** A character that is masked too if it follows, or empty: the last of base64, which also depends on what follows. */
  readonly extra: string;
  /** Whether lines may be broken within, as in base64: RFC 4648, section 3.1. */
  readonly wraps: boolean;
  /** Whether it takes nearly two bytes for a byte of the secret. */
  readonly isSparse: boolean;
}

/** A text that stands for a secret, in private fields, which are never printed. */
export class Form {
  readonly wraps: boolean;
  readonly isSparse: boolean;
  readonly #text: string;
  readonly #extra: string;
  #bytes: Uint8Array | undefined;

  constructor({ text, extra, wraps, isSparse }: FormOptions) {
    this.wraps = wraps;
    this.isSparse = isSparse;
    this.#text = text;
    this.#extra = extra;
  }

  /** Returns the text. */
  reveal(): string {
    return this.#text;
  }

  /** Returns the character that is masked too if it follows, or an empty string. */
  revealExtra(): string {
    return this.#extra;
  }

  /** Returns the text's bytes, which few forms ever need. */
  revealBytes(): Uint8Array {
    return this.#bytes ??= encodeLatin1(this.#text);
  }
}

/** The part of some bytes where a form stands. */
export interface Match {
  readonly from: number;
  /** The offset of the byte after the last. */
  readonly to: number;
}
