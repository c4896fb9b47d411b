import { fairTurn } from "../core/fair_turn.ts";
import { encodeLatin1 } from "../core/latin1.ts";
import type { RequestFraming } from "../http/framing.ts";
import { LAST_CHUNK } from "./chunked.ts";
import type { Connection } from "./connection.ts";
import { chunkOf } from "./content_blocks.ts";
import { ContentReader, DROP_LIMIT } from "./content_reader.ts";
import { RequestBodyAborted, WrongContentLength } from "./errors.ts";
import { ReadAhead } from "./read_ahead.ts";
import type { OngoingUpload, StreamEnd } from "./transport.ts";
import type { Loss, UnfinishedUploads } from "./unfinished_uploads.ts";

/** The size of a chunk at most, in bytes. */
const CHUNK_LIMIT = 64 * 1024;

/** How often {@linkcode RequestBody.settled} looks whether the upload goes on, in milliseconds. */
const TICK_MS = 50;

/** For how many ticks nothing happens when the client has paused, the upstream has stalled, and all that came was read. */
const PAUSED_TICKS = 8;
const STALLED_TICKS = 40;
const QUIET_TICKS = 2;

/** For how many ticks nothing comes of a refused upload before the response is streamed. Most end within that time. */
const REFUSED_TICKS = 40;

/** What is lost if a read waits at the end of a streamed response. */
const LOSSES: Readonly<Record<StreamEnd, Loss>> = {
  complete: "read",
  broken: "read",
  cut: "connection",
  left: "connection",
};

/** The body of a request on its way to the upstream. */
export class RequestBody implements OngoingUpload {
  readonly #reader: ContentReader;
  readonly #unfinished: UnfinishedUploads;
  #done = false;
  #stopped = false;
  #ended = false;
  #dropping = false;
  /** Whether the client's content was read to its end after the upload was stopped. */
  #dropped = false;
  #excess = false;
  #isRead = false;
  /** Whether the response is streamed while the content is still being read, and whether a read waits at its end. */
  #isStreamed = false;
  #streamEnd: Promise<boolean> | undefined;
  #connection: Connection | undefined;
  #wake: (() => void) | undefined;
  /** Whether a piece is being written; otherwise the next one is awaited. */
  #writing = false;
  /** Counts the pieces. */
  #pieces = 0;
  #ahead: ReadAhead | undefined;
  /** Why reading it from the client failed, if it did. */
  failure: RequestBodyAborted | undefined;

  constructor(
    content: ReadableStream<Uint8Array>,
    framing: RequestFraming,
    unfinished: UnfinishedUploads,
  ) {
    this.#reader = new ContentReader(content, framing);
    this.#unfinished = unfinished;
  }

  /** Whether all of it has been sent. */
  get done(): boolean {
    return this.#done;
  }

  get isRead(): boolean {
    return this.#isRead;
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
    this.#connection = connection;
    try {
      if (framing.kind === "length") await this.#sendLength(connection, framing.length, onSent);
      else await this.#sendChunked(connection, onSent);
      this.#done = !this.#stopped;
    } catch (error) {
      if (!(error instanceof RequestBodyAborted)) {
        // The rest is dropped once there is a response. Until then the client waits.
        this.#stopped = true;
        return;
      }
      this.failure = error;
      connection.close();
    } finally {
      this.#end();
    }
  }

  /**
   * Resolves when the response may be streamed to the client: when the upload has ended, or the client has paused,
   * perhaps to wait for the response. From then on the runtime takes what the client sends without back-pressure, and
   * what is not read here in time piles up there until it serves nobody else. So everything is read here before that,
   * and kept until the upstream takes it; if the upstream takes no more, a limited amount.
   *
   * @throws {RequestBodyAborted} If the client sends too much.
   */
  async settled(): Promise<void> {
    if (!this.#ended) {
      await this.#quiet(() => this.#pieces, () => this.#writing ? STALLED_TICKS : PAUSED_TICKS);
      if (!this.#ended) {
        const ahead = this.#ahead = new ReadAhead(() => this.#read());
        await this.#quiet(() => ahead.moves, () => ahead.isFull ? STALLED_TICKS : QUIET_TICKS);
        if (ahead.isFull && !this.#ended) this.#exceed();
        ahead.neverWait(() => this.#exceed());
      }
    }
    // What is dropped must have been read as well.
    if (this.#stopped) {
      this.stop();
      const ticks = () => this.#reader.isWaiting ? REFUSED_TICKS : QUIET_TICKS;
      await this.#quiet(() => this.#pieces, ticks, () => this.#dropped);
    }
    if (this.#excess) throw new RequestBodyAborted("The client sent more than the upstream takes");
  }

  beginStream(): void {
    if (this.#isRead) return;
    this.#unfinished.begin();
    this.#isStreamed = true;
  }

  cancelStream(): void {
    if (!this.#isStreamed || this.#streamEnd !== undefined) return;
    this.#isStreamed = false;
    this.#unfinished.end("nothing");
  }

  /** Nothing that the client sends after the response is of use. The runtime drops it, but only if it is told before. */
  endStream(end: StreamEnd): Promise<boolean> {
    if (!this.#isStreamed) return Promise.resolve(false);
    return this.#streamEnd ??= this.#endStream(end);
  }

  async #endStream(end: StreamEnd): Promise<boolean> {
    const isWaiting = await this.abandon();
    this.#unfinished.end(isWaiting ? LOSSES[end] : "nothing");
    return isWaiting;
  }

  /** Resolves once a count has stayed the same for a number of ticks, or the upload has ended. */
  async #quiet(count: () => number, ticks: () => number, ended = () => this.#ended): Promise<void> {
    let seen = count();
    for (let quiet = 0; !ended() && quiet < ticks();) {
      await this.#tick();
      quiet = count() === seen ? quiet + 1 : 0;
      seen = count();
    }
  }

  /** Ends the exchange, since the client sent too much. */
  #exceed(): void {
    this.#excess = true;
    this.#connection?.close();
    this.abandon();
  }

  /** Resolves after a tick, or at the end. */
  #tick(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, TICK_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** Sends no more, and drops what the client still sends. */
  stop(): void {
    if (this.#done || this.#dropping) return;
    this.#stopped = this.#dropping = true;
    this.#end();
    this.#drop();
  }

  async abandon(): Promise<boolean> {
    if (this.#done) return false;
    this.#stopped = true;
    this.#end();
    return await this.#reader.stop();
  }

  /** Reads and drops what the client still sends. */
  async #drop(): Promise<void> {
    try {
      let left = DROP_LIMIT;
      for (let bytes = await this.#next(); bytes !== undefined; bytes = await this.#next()) {
        left -= bytes.length;
        this.#reader.release(bytes);
        if (left < 0) return this.#exceed();
      }
    } catch {
      // The client aborted: nothing is left to drop.
    } finally {
      this.#dropped = true;
      this.#wake?.();
    }
  }

  #next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    this.#pieces++;
    return this.#ahead === undefined ? this.#read() : this.#ahead.next();
  }

  async #read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    // A client may send one byte in each chunk.
    const turn = fairTurn(performance.now());
    if (turn !== undefined) await turn;
    try {
      const piece = await this.#reader.read();
      this.#isRead ||= piece === undefined;
      return piece;
    } catch (error) {
      this.#isRead = true;
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
        throw new WrongContentLength("The client's request body is shorter than its Content-Length");
      }
      remaining -= bytes.length;
      if (remaining < 0) throw longerThanSaid();
      this.#writing = true;
      await connection.write(bytes);
      this.#writing = false;
      onSent(bytes.length);
      this.#reader.release(bytes);
    }
    // Read to the end, or the runtime assumes that the client is still sending, and keeps its connection open.
    for (let rest = await this.#next(); rest !== undefined; rest = await this.#next()) {
      if (rest.length > 0) throw longerThanSaid();
    }
  }

  async #sendChunked(connection: Connection, onSent: (bytes: number) => void): Promise<void> {
    for (let bytes = await this.#next(); bytes !== undefined; bytes = await this.#next()) {
      if (this.#stopped) return;
      const { length } = bytes;
      this.#writing = true;
      for (let at = 0; at < length; at += CHUNK_LIMIT) {
        const part = bytes.subarray(at, at + CHUNK_LIMIT);
        await connection.write(chunkOf(part));
        onSent(part.length);
      }
      this.#writing = false;
      this.#reader.release(bytes);
    }
    if (this.#stopped) return;
    await connection.write(encodeLatin1(LAST_CHUNK));
  }
}

function longerThanSaid(): WrongContentLength {
  return new WrongContentLength("The client's request body is longer than its Content-Length");
}
