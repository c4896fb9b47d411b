import type { RequestFraming } from "../../http/framing.ts";
import { Refusal } from "../../http/refusal.ts";
import type { BufferBudget } from "../../upstream/buffer_budget.ts";
import { Deadline, type Deadlines } from "../../upstream/deadlines.ts";
import { ContentReader } from "../../upstream/content_reader.ts";
import { ClientDisconnected } from "../../upstream/errors.ts";
import type { RunningHash } from "./hashing.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What the memory of bodies is taken from while they are held to be signed. */
export type BodyMemory = Pick<BufferBudget, "take" | "free">;

/** The size of the blocks in which a body is held, in bytes. A client may send single bytes, each of which would be an object. */
const BLOCK_SIZE = 64 * 1024;

/** How a body is held. */
export interface HoldOptions {
  /** The maximum length of a body, in bytes. */
  readonly limit: number;
  readonly memory: BodyMemory;
  readonly deadlines: Deadlines;
  /** The time without progress after which it is given up, in milliseconds. */
  readonly timeoutMs: number;
  readonly isClientGone: () => boolean;
  /** Whether the content is given up once the client is gone, and what is called then. */
  readonly isUnwanted?: (() => boolean) | undefined;
  readonly onAbandoned?: (() => void) | undefined;
  /** Gets each block as soon as it is full. */
  readonly hash: Pick<RunningHash, "update">;
}

/** A body that has arrived completely. */
export interface HeldBody {
  readonly blocks: readonly Bytes[];
  /** In bytes. */
  readonly length: number;
}

/**
 * Reads a body to its end. The memory that it takes is freed with {@linkcode sendable}'s stream, or here if reading fails.
 *
 * @throws {Refusal} `too_large_to_sign` if it is longer than the limit, `overloaded` if there is no memory for it,
 * `bad_request` if its length is not the one that was announced, or it stops arriving.
 * @throws {ClientDisconnected} If the client disconnects.
 */
export async function holdBody(
  body: ReadableStream<Uint8Array>,
  framing: RequestFraming,
  { limit, memory, deadlines, timeoutMs, isClientGone, isUnwanted, onAbandoned, hash }: HoldOptions,
): Promise<HeldBody> {
  const announced = framing.kind === "length" ? framing.length : undefined;
  if (announced !== undefined && announced > limit) throw tooLarge(limit);
  const reader = new ContentReader(body, framing);
  const { promise: over, resolve } = Promise.withResolvers<undefined>();
  const deadline = new Deadline(timeoutMs, isClientGone, () => resolve(undefined));
  const blocks = new Blocks(memory, hash);
  let length = 0;
  deadlines.add(deadline);
  try {
    for (;;) {
      const piece = await Promise.race([read(reader), over]);
      if (deadline.ended === "timeout") throw new Refusal("bad_request", "its content stopped arriving");
      if (deadline.ended === "disconnected") throw new ClientDisconnected("The client disconnected");
      if (piece === undefined) break;
      length += piece.length;
      if (length > limit) throw tooLarge(limit);
      if (announced !== undefined && length > announced) throw wrongLength();
      if (blocks.add(piece, announced) === "copied") reader.release(piece);
      deadline.refresh();
    }
    if (announced !== undefined && length < announced) throw wrongLength();
    return { blocks: blocks.finish(), length };
  } catch (error) {
    blocks.free();
    if (deadline.ended === "disconnected" && isUnwanted?.()) {
      await reader.stop();
      onAbandoned?.();
    } else {
      // The client may go on before it looks at the response.
      reader.drop();
    }
    throw error;
  } finally {
    deadlines.delete(deadline);
  }
}

/** Blocks of bytes, whose memory is counted. */
class Blocks {
  readonly #memory: BodyMemory;
  readonly #hash: Pick<RunningHash, "update">;
  readonly #full: Bytes[] = [];
  #current: Bytes = new Uint8Array();
  #used = 0;

  constructor(memory: BodyMemory, hash: Pick<RunningHash, "update">) {
    this.#memory = memory;
    this.#hash = hash;
  }

  /** @param announced The length of the whole body, if it is known. */
  add(bytes: Bytes, announced: number | undefined): "kept" | "copied" {
    if (bytes.length === announced) {
      this.#memory.take(bytes.length);
      this.#push(bytes);
      return "kept";
    }
    for (let at = 0; at < bytes.length;) {
      if (this.#used === this.#current.length) this.#next(announced);
      const part = bytes.subarray(at, at + this.#current.length - this.#used);
      this.#current.set(part, this.#used);
      this.#used += part.length;
      at += part.length;
      if (this.#used === this.#current.length) this.#push(this.#current);
    }
    return "copied";
  }

  /** Returns all blocks. */
  finish(): readonly Bytes[] {
    if (this.#used < this.#current.length) {
      const last = this.#current.slice(0, this.#used);
      this.#memory.free(this.#current.length - last.length);
      if (last.length > 0) this.#push(last);
    }
    return this.#full;
  }

  /** Drops all blocks. */
  free(): void {
    const current = this.#used < this.#current.length ? this.#current.length : 0;
    this.#memory.free(this.#full.reduce((sum, { length }) => sum + length, current));
  }

  #next(announced: number | undefined): void {
    const held = this.#full.length * BLOCK_SIZE;
    const size = Math.min(BLOCK_SIZE, announced === undefined ? BLOCK_SIZE : announced - held);
    this.#memory.take(size);
    this.#current = new Uint8Array(size);
    this.#used = 0;
  }

  #push(block: Bytes): void {
    this.#hash.update(block);
    this.#full.push(block);
  }
}

async function read(reader: ContentReader): Promise<Bytes | undefined> {
  try {
    return await reader.read();
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new ClientDisconnected("The client aborted its request body", { cause: error });
  }
}

/** Returns a stream that sends a body once. Its memory is freed as it is sent, or when the stream is cancelled. */
export function sendable({ blocks }: HeldBody, memory: BodyMemory): ReadableStream<Uint8Array> | null {
  if (blocks.length === 0) return null;
  const rest = blocks.toReversed();
  return new ReadableStream({
    pull(controller) {
      const block = rest.pop();
      if (block === undefined) return controller.close();
      memory.free(block.length);
      controller.enqueue(block);
      if (rest.length === 0) controller.close();
    },
    cancel() {
      for (const { length } of rest.splice(0)) memory.free(length);
    },
  }, { highWaterMark: 0 });
}

function tooLarge(limit: number): Refusal {
  return new Refusal("too_large_to_sign", `${limit / (1024 * 1024)} MiB`);
}

function wrongLength(): Refusal {
  return new Refusal("bad_request", "its content does not have the length that it announces");
}
