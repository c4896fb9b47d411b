import { encodeLatin1 } from "../core/latin1.ts";
import type { RequestFraming } from "../http/framing.ts";
import { chunkLine, LAST_CHUNK } from "./chunked.ts";
import type { Connection } from "./connection.ts";
import { RequestBodyAborted } from "./errors.ts";

/** The size of a chunk at most, in bytes: what the runtime reads at once. It is copied into one write with its framing. */
const CHUNK_LIMIT = 64 * 1024;

/** Room for the line before a chunk and the line break after it. */
const FRAMING_SIZE = 16;

/** The body of a request on its way to the upstream. */
export class RequestBody {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #done = false;
  #stopped = false;
  /** Why reading it from the client failed, if it did. */
  failure: RequestBodyAborted | undefined;

  constructor(content: ReadableStream<Uint8Array>) {
    this.#reader = content.getReader();
  }

  /** Whether all of it has been sent. */
  get done(): boolean {
    return this.#done;
  }

  /**
   * Sends all of it. Never rejects. If the client aborts, the connection is closed, since the upstream must not mistake
   * a part for the whole; if the upstream stops reading, it may have sent a response that is still to be read.
   *
   * @param onSent Called after each piece was sent, with its length in bytes.
   */
  async send(
    connection: Connection,
    framing: RequestFraming,
    onSent: (bytes: number) => void,
  ): Promise<void> {
    try {
      if (framing.kind === "length") await this.#sendLength(connection, framing.length, onSent);
      else await this.#sendChunked(connection, onSent);
      this.#done = !this.#stopped;
    } catch (error) {
      if (!(error instanceof RequestBodyAborted)) return this.stop();
      this.failure = error;
      connection.close();
    }
  }

  /** Sends no more, and drops what the client still sends. */
  stop(): void {
    if (this.#done || this.#stopped) return;
    this.#stopped = true;
    this.#drop();
  }

  /** Once a response is under way, the runtime reads on and keeps whatever is not read here, cancelled or not. */
  async #drop(): Promise<void> {
    try {
      for (let bytes = await this.#next(); bytes !== undefined; bytes = await this.#next()) free(bytes);
    } catch {
      // The client aborted: nothing is left to drop.
    }
  }

  async #next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      const { done, value } = await this.#reader.read();
      return done ? undefined : value as Uint8Array<ArrayBuffer>;
    } catch (error) {
      throw new RequestBodyAborted("The client aborted its request body", { cause: error });
    }
  }

  async #sendLength(
    connection: Connection,
    length: number,
    onSent: (bytes: number) => void,
  ): Promise<void> {
    let remaining = length;
    while (remaining > 0) {
      const bytes = await this.#next();
      if (this.#stopped) return;
      if (bytes === undefined) {
        throw new RequestBodyAborted("The client's request body is shorter than its Content-Length");
      }
      remaining -= bytes.length;
      if (remaining < 0) throw longerThanSaid();
      await connection.write(bytes);
      // Before the memory is freed: it has no length afterwards.
      onSent(bytes.length);
      free(bytes);
    }
    // Read to the end, or the runtime assumes that the client is still sending, and keeps its connection open.
    for (let rest = await this.#next(); rest !== undefined; rest = await this.#next()) {
      if (rest.length > 0) throw longerThanSaid();
    }
  }

  async #sendChunked(connection: Connection, onSent: (bytes: number) => void): Promise<void> {
    const chunk = new Uint8Array(CHUNK_LIMIT + FRAMING_SIZE);
    for (;;) {
      const bytes = await this.#next();
      if (this.#stopped) return;
      if (bytes === undefined) break;
      for (let at = 0; at < bytes.length;) {
        const line = chunkLine(Math.min(bytes.length - at, CHUNK_LIMIT));
        const part = bytes.subarray(at, at + CHUNK_LIMIT);
        encoder.encodeInto(line, chunk);
        chunk.set(part, line.length);
        chunk[line.length + part.length] = 0x0d;
        chunk[line.length + part.length + 1] = 0x0a;
        await connection.write(chunk.subarray(0, line.length + part.length + 2));
        at += part.length;
        onSent(part.length);
      }
      free(bytes);
    }
    await connection.write(encodeLatin1(LAST_CHUNK));
  }
}

const encoder = new TextEncoder();

function longerThanSaid(): RequestBodyAborted {
  return new RequestBodyAborted("The client's request body is longer than its Content-Length");
}

/**
 * Frees the memory of a piece that has been sent. The garbage collector counts objects, not what they hold, and would
 * let dozens of megabytes accumulate first.
 */
function free(bytes: Uint8Array<ArrayBuffer>): void {
  bytes.buffer.transfer(0);
}
