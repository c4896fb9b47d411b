import { within } from "./within.ts";

/** Collects the text that a child process writes. */
export class Log {
  /** Resolves once the child has closed the stream. */
  readonly done: Promise<void>;
  text = "";
  #change = Promise.withResolvers<void>();
  #ended = false;

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.done = this.#collect(stream);
  }

  /**
   * Waits for the first match in the text.
   *
   * @param ms How long to wait, in milliseconds.
   * @throws {Error} When the stream or the time ends first.
   */
  match(pattern: RegExp, ms?: number): Promise<RegExpExecArray> {
    return within(this.#match(pattern), () => `${pattern} in ${JSON.stringify(this.text)}`, ms);
  }

  async #match(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.text);
      if (found) return found;
      if (this.#ended) throw new Error(`The process ended without ${pattern}: ${this.text}`);
      await this.#change.promise;
    }
  }

  async #collect(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      this.text += text;
      this.#change.resolve();
      this.#change = Promise.withResolvers();
    }
    this.#ended = true;
    this.#change.resolve();
  }
}
