/**
 * The bytes that may stand in a form. Only runs of them have to be held back at the end of a piece, whether or not they
 * resemble a secret.
 *
 * @module
 */

/** A set of bytes. */
export class Alphabet {
  readonly #has: Uint8Array;

  /** @param has Per byte: whether it belongs to the alphabet. */
  constructor(has: (byte: number) => boolean) {
    this.#has = Uint8Array.from({ length: 256 }, (_, byte) => has(byte) ? 1 : 0);
  }

  has(byte: number): boolean {
    return this.#has[byte] === 1;
  }

  /** Returns an alphabet of the bytes of both. */
  and(other: Alphabet): Alphabet {
    return other === this ? this : new Alphabet((byte) => this.has(byte) || other.has(byte));
  }

  /** Returns the position where the run of such bytes begins that ends at `end`; at least `from`. */
  runBefore(bytes: Uint8Array, { from, end }: { from: number; end: number }): number {
    const has = this.#has;
    while (end > from && has[bytes[end - 1]!] === 1) end--;
    return end;
  }
}

const TOKEN_CHARS = /[A-Za-z0-9\-._~+/=:]/;

/** What escapes consist of besides letters and digits, and the other byte of UTF-16. */
const ESCAPE_CHARS = /[%\\&#;\0]/;

function charOf(byte: number): string {
  return String.fromCharCode(byte);
}

/**
 * The bytes of usual tokens, and of their forms: what RFC 9110, section 11.2, allows in a token68, and the colon of user
 * and password. Among others, quotes and brackets do not belong to them, so a piece of JSON is whole.
 */
export const USUAL = new Alphabet((byte) =>
  TOKEN_CHARS.test(charOf(byte)) || ESCAPE_CHARS.test(charOf(byte))
);

/** All bytes but white space and control characters. */
const VISIBLE = new Alphabet((byte) => byte === 0 || (byte > 0x20 && byte !== 0x7f));

/** All bytes but control characters. */
const WITH_SPACES = new Alphabet((byte) => byte === 0 || byte === 0x09 || (byte >= 0x20 && byte !== 0x7f));

/** The bytes of base64, in both alphabets. */
export const BASE64 = new Alphabet((byte) => /[A-Za-z0-9+/\-_=]/.test(charOf(byte)));

/** Returns the alphabet for the forms of a secret: one of three, so that it tells little of the secret. */
export function alphabetOf(secret: string): Alphabet {
  if (/[\t ]/.test(secret)) return WITH_SPACES;
  return /^[A-Za-z0-9\-._~+/=:]*$/.test(secret) ? USUAL : VISIBLE;
}
