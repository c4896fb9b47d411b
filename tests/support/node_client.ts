/**
 * The oracle for responses: Node's HTTP client, whose parser (llhttp) the runtime brings along, reading bytes that
 * come over no network.
 *
 * @module
 */

import { Agent, request } from "node:http";
import { Duplex } from "node:stream";

/** A response that Node took whole, or the code of the error for which it did not. */
export type NodeReading = {
  readonly accepted: true;
  readonly status: number;
  /** Names in lower case, in the order they came. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
} | { readonly accepted: false; readonly why: string };

/** Heads of 64 KiB are read here as well, so that Node's own limit is no difference. */
const MAX_HEADER_SIZE = 128 * 1024;

/** A connection that answers the first bytes it is sent with a response and its end. */
class Answering extends Duplex {
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

  // What the client calls on the socket it takes this for.
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

/** Reads a response as Node does. The bytes are all there is: behind them the connection ends. */
export function readAsNode(method: string, response: Uint8Array): Promise<NodeReading> {
  const { promise, resolve } = Promise.withResolvers<NodeReading>();
  const refuse = (error: Error & { code?: string }) =>
    resolve({ accepted: false, why: error.code ?? error.message });
  const agent = Object.assign(new Agent(), { createConnection: () => new Answering(response) });
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

/** Node gives names and values in turn, a character a byte. */
export function pairs(raw: readonly string[]): [name: string, value: string][] {
  return Array.from({ length: raw.length / 2 }, (_, at) => [
    (raw[2 * at] ?? "").toLowerCase(),
    raw[2 * at + 1] ?? "",
  ]);
}
