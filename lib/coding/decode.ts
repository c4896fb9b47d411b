import { BadResponse } from "../upstream/errors.ts";
import type { Source } from "../upstream/source.ts";
import { type Coding, CODINGS } from "./codings.ts";

/** Content without its coding. */
export type Decoding = (coded: Source) => Source;

/**
 * How to take a coding off content, so that it can be masked: RFC 9110, section 8.4. What the upstream flushed comes out
 * at once.
 *
 * The source that it makes fails with a `BadResponse` where the content isn't in the coding, ends within it, has more
 * behind its end, or becomes far too large. Content without a byte stays so: some mark even that as coded.
 *
 * @param codings The value of Content-Encoding.
 * @returns Undefined for a coding that is unknown, and for several in a row, which nobody uses.
 */
export function decodingFor(codings: string): Decoding | undefined {
  const [name, ...others] = codings.toLowerCase().split(",").map((name) => name.trim()).filter(isCoding);
  if (name === undefined) return (content) => content;
  const coding = CODINGS.get(name);
  if (coding === undefined || others.length > 0) return undefined;
  return (content) => new DecodedSource(content, coding);
}

/** Lists may have empty members, and `identity` says that there is none: RFC 9110, sections 5.6.1 and 12.5.3. */
function isCoding(name: string): boolean {
  return name !== "" && name !== "identity";
}

/**
 * Content that becomes larger than both is a bomb. A client that decodes has limits of its own, but doesn't apply them
 * to what comes without a coding.
 */
const LARGEST_GROWTH = 1000;
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
      if (this.#produced > ALWAYS_ALLOWED && this.#produced > LARGEST_GROWTH * this.#read) {
        throw new BadResponse("content that is over 1,000 times as large without its coding");
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
    // Once what it waits for has happened, it lets go of its memory.
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
