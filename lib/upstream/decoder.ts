import { ChunkedDecoder } from "./chunked.ts";
import type { ResponseFraming } from "../http/framing.ts";
import { BadResponse } from "./errors.ts";

/** Takes the framing off a response's content as it comes, in place. */
export interface Decoder {
  /** Whether the content's end has been read. */
  readonly done: boolean;
  /** How many bytes of content are still to come, as far as that is known. */
  readonly expected: number;
  /**
   * Decodes what stands in `bytes` from `from` to `to`, leaving the content at `from`.
   *
   * @returns The end of the content, and the end of what was read: short of `to` only once `done`.
   */
  decode(bytes: Uint8Array, from: number, to: number): { readonly end: number; readonly read: number };
  /** The connection ended: that is the content's end, or a content cut short. */
  end(): void;
}

export function decoderFor(framing: ResponseFraming): Decoder {
  switch (framing.kind) {
    case "none":
      return new LengthDecoder(0);
    case "length":
      return new LengthDecoder(framing.length);
    case "chunked":
      return new Chunks();
    case "close":
      return new UntilClose();
  }
}

/** The upstream broke off: RFC 9112, section 8. */
function cutShort(): never {
  throw new BadResponse("a connection that ended within the content");
}

class LengthDecoder implements Decoder {
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
    cutShort();
  }
}

class Chunks extends ChunkedDecoder implements Decoder {
  readonly expected = Infinity;

  end(): void {
    cutShort();
  }
}

class UntilClose implements Decoder {
  done = false;
  readonly expected = Infinity;

  decode(_bytes: Uint8Array, _from: number, to: number) {
    return { end: to, read: to };
  }

  end(): void {
    this.done = true;
  }
}
