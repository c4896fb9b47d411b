/** A check that text which arrives in pieces is valid UTF-8: RFC 3629, section 4. */
export class Utf8Check {
  /** How many bytes of the current character are still to come. */
  #missing = 0;
  /** The bounds of the next byte: narrower after some lead bytes, which excludes overlong forms and surrogates. */
  #lowest = 0x80;
  #highest = 0xbf;

  /** Whether the text so far ends with a whole character. */
  get complete(): boolean {
    return this.#missing === 0;
  }

  /** Checks the next piece. @returns Whether some continuation could make the text valid. */
  push(bytes: Uint8Array): boolean {
    let missing = this.#missing;
    let lowest = this.#lowest;
    let highest = this.#highest;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (missing > 0) {
        if (byte < lowest || byte > highest) return false;
        lowest = 0x80;
        highest = 0xbf;
        missing--;
      } else if (byte >= 0x80) {
        if (byte < 0xc2 || byte > 0xf4) return false;
        missing = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
        if (byte === 0xe0) lowest = 0xa0;
        else if (byte === 0xed) highest = 0x9f;
        else if (byte === 0xf0) lowest = 0x90;
        else if (byte === 0xf4) highest = 0x8f;
      }
    }
    this.#missing = missing;
    this.#lowest = lowest;
    this.#highest = highest;
    return true;
  }
}
