import type { ResponseFraming } from "../http/framing.ts";
import { ChunkedDecoder } from "./chunked.ts";
import { BadResponse } from "./errors.ts";

/** Removes the framing from a response body as it arrives, in place. */
export interface BodyDecoder {
  /** Whether the body's end has been read. */
  readonly done: boolean;
  /** How many bytes of the body are still to come; `Infinity` if that is unknown. */
  readonly expected: number;
  /**
   * Decodes the bytes in `bytes` between `from` and `to`, and leaves the body at `from`.
   *
   * @returns `end`: the end of the body in `bytes`. `read`: the end of what was read, less than `to` only once `done`.
   */
  decode(bytes: Uint8Array, from: number, to: number): { readonly end: number; readonly read: number };
  /**
   * Handles the end of the connection.
   *
   * @throws {BadResponse} Where that is not the end of the body.
   */
  end(): void;
}

/** Returns a decoder for one response body. */
export function decoderFor(framing: ResponseFraming): BodyDecoder {
  switch (framing.kind) {
    case "none":
      return new LengthDecoder(0);
    case "length":
      return new LengthDecoder(framing.length);
    case "chunked":
      return new ChunkedBodyDecoder();
    case "close":
      return new UntilCloseDecoder();
  }
}

/** RFC 9112, section 8: an incomplete message. */
function throwIncomplete(): never {
  throw new BadResponse("connection closed within the body");
}

class LengthDecoder implements BodyDecoder {
  expected: number;

  constructor(length: number) {
    this.expected = length;
  }

  get done(): boolean {
    return this.expected === 0;
  }

  decode(_bytes: Uint8Array, from: number, to: number) {
    const end = Math.min(to, from + this.expected);
    this.expected -= end - from;
    return { end, read: end };
  }

  end(): void {
    throwIncomplete();
  }
}

class ChunkedBodyDecoder extends ChunkedDecoder implements BodyDecoder {
  readonly expected = Infinity;

  end(): void {
    throwIncomplete();
  }
}

class UntilCloseDecoder implements BodyDecoder {
  done = false;
  readonly expected = Infinity;

  decode(_bytes: Uint8Array, _from: number, to: number) {
    return { end: to, read: to };
  }

  end(): void {
    this.done = true;
  }
}
