/**
 * Decoding content codings, so that the content can be masked. The proxy asks for uncoded content, but some upstreams
 * send coded content regardless, in which the mask would not find a secret: so it is decoded, or rejected.
 *
 * @module
 */

import { BadResponse } from "../upstream/errors.ts";
import type { Source } from "../upstream/source.ts";
import { type Coding, CODINGS } from "./codings.ts";

/** Returns the decoded content of a source. */
export type Decoding = (coded: Source) => Source;

/**
 * Returns the decoding for a Content-Encoding field: RFC 9110, section 8.4. Everything that the upstream has flushed is
 * decoded without waiting for more.
 *
 * The decoded source throws a {@linkcode BadResponse} if the content is invalid, is incomplete, is followed by other
 * bytes, or expands far too much. Empty content stays empty: some upstreams label even that as coded.
 *
 * @param codings The value of Content-Encoding.
 * @returns The decoding, or undefined for an unknown coding and for more than one, which is not used in practice.
 */
export function decodingFor(codings: string): Decoding | undefined {
  const [name, ...others] = codings.toLowerCase().split(",").map((name) => name.trim()).filter(isCoding);
  if (name === undefined) return (content) => content;
  const coding = CODINGS.get(name);
  if (coding === undefined || others.length > 0) return undefined;
  return (content) => new DecodedSource(content, coding);
}

/** Reports whether a list member is a coding; empty members and `identity` are not: RFC 9110, sections 5.6.1, 12.5.3. */
function isCoding(name: string): boolean {
  return name !== "" && name !== "identity";
}

/**
 * The maximum ratio of decoded to coded size. Content that exceeds this and {@linkcode ALWAYS_ALLOWED} is a decompression
 * bomb. A client's own limits for decoding do not apply to content that arrives decoded.
 */
const GROWTH_LIMIT = 1000;

/** The decoded size that is allowed regardless of the ratio, in bytes. */
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
    // The decoder is closed once the pending read has ended.
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
