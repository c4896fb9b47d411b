/**
 * The oracle for responses: Node's HTTP client, whose parser (llhttp) comes with the runtime, reading bytes without
 * a network.
 *
 * @module
 */

import { Agent, request } from "node:http";
import { Duplex } from "node:stream";

/** A response that Node accepted, or the code of the error for which it did not. */
export type NodeReading = {
  readonly accepted: true;
  readonly status: number;
  /** Names in lower case, in order. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
} | { readonly accepted: false; readonly why: string };

/** Large enough for heads of 64 KiB, so that Node's default limit makes no difference. */
const MAX_HEADER_SIZE = 128 * 1024;

/** A connection that responds to the first bytes with a response and then ends. */
class RespondingSocket extends Duplex {
  #response: Uint8Array | undefined;

  constructor(response: Uint8Array) {
    super();
    this.#response = response;
  }

  override _read(): void {}

  override _write(_bytes: unknown, _encoding: string, written: () => void): void {
    written();
    if (this.#response === undefined) return;
    this.push(this.#response);
    this.push(null);
    this.#response = undefined;
  }

  // The methods that Node's client calls on a socket.
  setTimeout(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
}

/** Parses a response with Node's client; the connection ends after the bytes. */
export function readAsNode(method: string, response: Uint8Array): Promise<NodeReading> {
  const { promise, resolve } = Promise.withResolvers<NodeReading>();
  const refuse = (error: Error & { code?: string }) =>
    resolve({ accepted: false, why: error.code ?? error.message });
  const agent = Object.assign(new Agent(), { createConnection: () => new RespondingSocket(response) });
  const asked = request(
    { method, host: "upstream.test", agent, maxHeaderSize: MAX_HEADER_SIZE },
    (incoming) => {
      const parts: Uint8Array[] = [];
      incoming.on("data", (part: Uint8Array) => parts.push(part));
      incoming.on("error", refuse);
      incoming.on("end", () => {
        if (!incoming.complete) return resolve({ accepted: false, why: "incomplete" });
        resolve({
          accepted: true,
          status: incoming.statusCode ?? 0,
          fields: pairs(incoming.rawHeaders),
          body: new Uint8Array(Buffer.concat(parts)),
        });
      });
    },
  );
  asked.on("error", refuse);
  asked.end();
  return promise;
}

/** Pairs Node's alternating names and values. */
export function pairs(raw: readonly string[]): [name: string, value: string][] {
  return Array.from({ length: raw.length / 2 }, (_, at) => [
    (raw[2 * at] ?? "").toLowerCase(),
    raw[2 * at + 1] ?? "",
  ]);
}
