/**
 * What a child process writes.
 *
 * @module
 */

import { within } from "./within.ts";

/** Text that a child writes, kept as it comes. */
export class Log {
  /** Resolves when the child has closed the stream. */
  readonly done: Promise<void>;
  text = "";
  #arrival = Promise.withResolvers<void>();
  #over = false;

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.done = this.#keep(stream);
  }

  /** The first match in the text, once it is there; rejects at the end of the stream or after `ms`. */
  match(pattern: RegExp, ms?: number): Promise<RegExpExecArray> {
    return within(this.#match(pattern), () => `${pattern} in ${JSON.stringify(this.text)}`, ms);
  }

  async #match(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.text);
      if (found) return found;
      if (this.#over) throw new Error(`The process ended without ${pattern}: ${this.text}`);
      await this.#arrival.promise;
    }
  }

  async #keep(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      this.text += text;
      this.#arrival.resolve();
      this.#arrival = Promise.withResolvers();
    }
    this.#over = true;
    this.#arrival.resolve();
  }
}
