/**
 * Removing content codings, so that coded content can be masked. The proxy asks for uncoded content, but some upstreams
 * send it coded all the same, and a secret in it would pass the mask unseen: so it is decoded here, or refused.
 *
 * @module
 */

import { BadResponse } from "../upstream/errors.ts";
import type { Source } from "../upstream/source.ts";
import { type Coding, CODINGS } from "./codings.ts";

/** Turns coded content into content without its coding. */
export type Decoding = (coded: Source) => Source;

/**
 * Returns the decoding for a Content-Encoding field: RFC 9110, section 8.4. Whatever the upstream flushed is decoded at
 * once.
 *
 * The decoded source throws a {@linkcode BadResponse} if the content does not match the coding, is incomplete, is
 * followed by other bytes, or grows far too large. Empty content stays empty: some upstreams label even that as coded.
 *
 * @param codings The value of Content-Encoding.
 * @returns Undefined for an unknown coding, and for several in a row, which nobody uses.
 */
export function decodingFor(codings: string): Decoding | undefined {
  const [name, ...others] = codings.toLowerCase().split(",").map((name) => name.trim()).filter(isCoding);
  if (name === undefined) return (content) => content;
  const coding = CODINGS.get(name);
  if (coding === undefined || others.length > 0) return undefined;
  return (content) => new DecodedSource(content, coding);
}

/** A list may have empty members, and `identity` stands for no coding: RFC 9110, sections 5.6.1 and 12.5.3. */
function isCoding(name: string): boolean {
  return name !== "" && name !== "identity";
}

/**
 * Content that exceeds both limits is a decompression bomb. A client has limits of its own for what it decodes, but does
 * not apply them to content without a coding.
 */
const GROWTH_LIMIT = 1000;
/** In bytes. */
const ALWAYS_ALLOWED = 64 * 1024 * 1024;

class DecodedSource implements Source {
  readonly #content: Source;
  readonly #coding: Coding;
  readonly #pieces: AsyncGenerator<Uint8Array<ArrayBuffer>, void>;
  #read = 0;
  #produced = 0;
  done = false;

  constructor(content: Source, coding: Coding) {
    this.#content = content;
    this.#coding = coding;
    this.#pieces = this.#decode();
  }

  async next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      const piece = await this.#pieces.next();
      if (piece.done === true) {
        this.done = true;
        return undefined;
      }
      this.#produced += piece.value.length;
      if (this.#produced > ALWAYS_ALLOWED && this.#produced > GROWTH_LIMIT * this.#read) {
        throw new BadResponse("decoded content over 1,000 times as large as received");
      }
      return piece.value;
    } catch (error) {
      this.cancel();
      throw error;
    }
  }

  cancel(): void {
    if (this.done) return;
    this.done = true;
    this.#content.cancel();
    // It frees its memory when the read that it waits for has ended.
    this.#pieces.return().catch(() => {});
  }

  async *#decode(): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    let bytes = await this.#content.next();
    if (bytes === undefined) return;
    const decoder = await this.#coding.start(bytes[0]!);
    try {
      for (; bytes !== undefined; bytes = await this.#content.next()) {
        this.#read += bytes.length;
        yield* decoder.decode(bytes);
      }
      yield* decoder.end();
    } finally {
      decoder.close();
    }
  }
}
