/** From this length on, in bytes, ASCII is skipped by words. */
const BY_WORDS = 128;

/** How long such a word is, in bytes, and the bits that none of its bytes has in ASCII. */
const WORD = 4;
const NOT_ASCII = 0x80808080 | 0;

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
    const words = bytes.length >= BY_WORDS ? wordsOf(bytes) : NONE;
    // The first byte of the first word.
    const aligned = -bytes.byteOffset & (WORD - 1);
    for (let at = 0; at < bytes.length; at++) {
      if (missing === 0 && (at - aligned & (WORD - 1)) === 0) {
        let word = (at - aligned) / WORD;
        // Four at a time, which takes half as long.
        while (
          word + 4 <= words.length &&
          ((words[word]! | words[word + 1]! | words[word + 2]! | words[word + 3]!) & NOT_ASCII) === 0
        ) word += 4;
        while (word < words.length && (words[word]! & NOT_ASCII) === 0) word++;
        at = aligned + word * WORD;
        if (at >= bytes.length) break;
      }
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

const NONE = new Int32Array(0);

/** Returns the whole words in which some bytes lie. */
function wordsOf(bytes: Uint8Array): Int32Array {
  const start = bytes.byteOffset + (-bytes.byteOffset & (WORD - 1));
  return new Int32Array(bytes.buffer, start, (bytes.byteOffset + bytes.length - start) >> 2);
}
