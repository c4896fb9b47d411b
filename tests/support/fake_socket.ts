/**
 * The upstream client's readers without a network: a socket that serves bytes in the pieces that a test wants, and a
 * whole response read from it the way the client reads one.
 *
 * @module
 */

import { Connection, type Socket } from "../../lib/upstream/connection.ts";
import { type BodyOutcome, ResponseBody } from "../../lib/upstream/response_body.ts";
import { decoderFor } from "../../lib/upstream/decoder.ts";
import { BadResponse } from "../../lib/upstream/errors.ts";
import { responseFraming } from "../../lib/upstream/response_framing.ts";
import type { FieldLine } from "../../lib/http/syntax.ts";
import { parseResponseHead, type ResponseHead } from "../../lib/upstream/response_head.ts";
import { join, latin1 } from "./bytes.ts";

/** A socket that serves one piece per read and then ends; it records what is written, which may be in parts. */
export class FakeSocket implements Socket {
  readonly written: Uint8Array[] = [];
  closed = false;
  /** How many bytes one write accepts at most. */
  writeLimit = Infinity;
  /** How many bytes have not been read yet. */
  left: number;
  readonly #pieces: Iterator<Uint8Array>;
  readonly #pause: (() => Promise<void>) | undefined;
  /** The rest of a piece that was larger than the read. */
  #rest: Uint8Array = new Uint8Array();

  /** @param pause Waited for before each read. */
  constructor(pieces: readonly (string | Uint8Array)[], pause?: () => Promise<void>) {
    const all = pieces.map((piece) => typeof piece === "string" ? latin1(piece) : piece);
    // A read that returns nothing is the end, so an empty piece can't be served.
    this.#pieces = all.filter((piece) => piece.length > 0).values();
    this.left = all.reduce((sum, piece) => sum + piece.length, 0);
    this.#pause = pause;
  }

  async read(room: Uint8Array): Promise<number | null> {
    await this.#pause?.();
    const piece = this.#rest.length > 0 ? this.#rest : this.#pieces.next().value;
    if (piece === undefined) return null;
    const count = Math.min(piece.length, room.length);
    room.set(piece.subarray(0, count));
    this.#rest = piece.subarray(count);
    this.left -= count;
    return count;
  }

  write(bytes: Uint8Array): Promise<number> {
    // A copy: the writer may reuse its memory.
    const taken = bytes.slice(0, this.writeLimit);
    this.written.push(taken);
    return Promise.resolve(taken.length);
  }

  close(): void {
    this.closed = true;
  }
}

/** A response that was accepted, or why it was not. */
export type Reading = {
  readonly accepted: true;
  readonly status: number;
  readonly fields: readonly FieldLine[];
  readonly body: Uint8Array;
  /** Whether no byte that was read followed the end. */
  readonly clean: boolean;
  /** How many bytes were left over, read or not. */
  readonly left: number;
  /** How many of those were not even read. */
  readonly unread: number;
} | {
  readonly accepted: false;
  /** The message of the {@linkcode BadResponse}. */
  readonly why: string;
};

/** Reads a response from pieces. A {@linkcode BadResponse} is an outcome; any other error is thrown. */
export async function readPieces(
  method: string,
  pieces: readonly (string | Uint8Array)[],
  pause?: () => Promise<void>,
): Promise<Reading> {
  const socket = new FakeSocket(pieces, pause);
  const connection = new Connection(socket);
  try {
    const head = await finalHead(connection);
    let clean = false;
    let ends = 0;
    const onEnd = (outcome: BodyOutcome) => {
      ends++;
      clean = outcome === "complete";
    };
    const content = new ResponseBody(connection, decoderFor(responseFraming(method, head)), onEnd);
    const parts: Uint8Array[] = [];
    for (let part = await content.next(); part !== undefined; part = await content.next()) {
      if (part.length === 0) throw new Error("ResponseBody.next() returned an empty part");
      parts.push(part.slice());
      // The caller may free a part at once.
      part.buffer.transfer(0);
    }
    if (ends !== 1) throw new Error(`The content ended ${ends} times`);
    return {
      accepted: true,
      status: head.status,
      fields: head.fields,
      body: join(parts),
      clean,
      left: connection.buffered.length + socket.left,
      unread: socket.left,
    };
  } catch (error) {
    if (!(error instanceof BadResponse)) throw error;
    return { accepted: false, why: error.message };
  }
}

/** Reads the first head that is not interim. */
async function finalHead(connection: Connection): Promise<ResponseHead> {
  for (;;) {
    const text = await connection.readHead();
    if (text === undefined) throw new BadResponse("a connection that ended before a head");
    const head = parseResponseHead(text);
    if (head.status >= 200) return head;
    if (head.status === 101) throw new BadResponse("a change of protocol");
  }
}

/** Yields the text in two pieces, for each place at which it can be split. */
export function* everyCut(text: string): Generator<[string, string]> {
  for (let at = 1; at < text.length; at++) yield [text.slice(0, at), text.slice(at)];
}
