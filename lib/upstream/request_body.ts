import type { RequestFraming } from "../http/framing.ts";
import { chunkLine, LAST_CHUNK } from "./chunked.ts";
import { encodeLatin1 } from "../core/latin1.ts";
import type { Connection } from "./connection.ts";
import { RequestBodyAborted } from "./errors.ts";

/** A piece of an upload that is copied into one write together with its framing: what the runtime reads at once. */
const PIECE = 64 * 1024;

/** Room for the line before a chunk and the one after it. */
const FRAMING = 16;

/** The content of a request on its way up. */
export class RequestBody {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #done = false;
  #stopped = false;
  /** Why the agent's side of it failed, if it did. */
  failure: RequestBodyAborted | undefined;

  constructor(content: ReadableStream<Uint8Array>) {
    this.#reader = content.getReader();
  }

  /** Whether all of it has been sent. */
  get done(): boolean {
    return this.#done;
  }

  /**
   * Sends it all. Never rejects: when the agent breaks off, the connection is closed, since the upstream must not take
   * a part for the whole; when the upstream takes no more, its answer may be there to be read.
   *
   * @param progress Called after each piece that went out, with its length.
   */
  async send(
    connection: Connection,
    framing: RequestFraming,
    progress: (bytes: number) => void,
  ): Promise<void> {
    try {
      if (framing.kind === "length") await this.#sendLength(connection, framing.length, progress);
      else await this.#sendChunked(connection, progress);
      this.#done = !this.#stopped;
    } catch (error) {
      if (!(error instanceof RequestBodyAborted)) return this.stop();
      this.failure = error;
      connection.close();
    }
  }

  /** Sends no more, and drops what the agent still sends. */
  stop(): void {
    if (this.#done || this.#stopped) return;
    this.#stopped = true;
    this.#drop();
  }

  /** Once a response is on its way the runtime reads on and keeps all that nobody takes, cancelled or not. */
  async #drop(): Promise<void> {
    try {
      for (let bytes = await this.#next(); bytes !== undefined; bytes = await this.#next()) free(bytes);
    } catch {
      // The agent broke off: nothing is left to drop.
    }
  }

  async #next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      const { done, value } = await this.#reader.read();
      return done ? undefined : value as Uint8Array<ArrayBuffer>;
    } catch (error) {
      throw new RequestBodyAborted("The agent's content broke off", { cause: error });
    }
  }

  async #sendLength(
    connection: Connection,
    length: number,
    progress: (bytes: number) => void,
  ): Promise<void> {
    let left = length;
    while (left > 0) {
      const bytes = await this.#next();
      if (this.#stopped) return;
      if (bytes === undefined) throw new RequestBodyAborted("The agent's content is shorter than it said");
      left -= bytes.length;
      if (left < 0) throw new RequestBodyAborted("The agent's content is longer than it said");
      await connection.write(bytes);
      // Read first: what has been given back has no length.
      progress(bytes.length);
      free(bytes);
    }
    // The end must be read as well, or the runtime takes the agent for still sending and keeps its connection open.
    for (let rest = await this.#next(); rest !== undefined; rest = await this.#next()) {
      if (rest.length > 0) throw new RequestBodyAborted("The agent's content is longer than it said");
    }
  }

  async #sendChunked(connection: Connection, progress: (bytes: number) => void): Promise<void> {
    const piece = new Uint8Array(PIECE + FRAMING);
    for (;;) {
      const bytes = await this.#next();
      if (this.#stopped) return;
      if (bytes === undefined) break;
      for (let at = 0; at < bytes.length;) {
        const line = chunkLine(Math.min(bytes.length - at, PIECE));
        const part = bytes.subarray(at, at + PIECE);
        encoder.encodeInto(line, piece);
        piece.set(part, line.length);
        piece[line.length + part.length] = 0x0d;
        piece[line.length + part.length + 1] = 0x0a;
        await connection.write(piece.subarray(0, line.length + part.length + 2));
        at += part.length;
        progress(part.length);
      }
      free(bytes);
    }
    await connection.write(encodeLatin1(LAST_CHUNK));
  }
}

const encoder = new TextEncoder();

/**
 * Gives the memory of a piece that has been sent back at once. The garbage collector counts objects rather than what
 * they hold: dozens of megabytes would wait for it.
 */
function free(bytes: Uint8Array<ArrayBuffer>): void {
  bytes.buffer.transfer(0);
}
