import { RequestBodyAborted } from "./errors.ts";

/** How many there may be at once, with the connections that were lost: each keeps a descriptor. */
const CONNECTIONS = 256;

/** How many reads may be lost: each keeps some 15 kilobytes. */
const READS = 16 * 1024;

/** What is lost at the end of a response that was streamed during the upload. */
export type Loss = "nothing" | "read" | "connection";

/**
 * Counts the uploads that go on while their response is streamed, in the life of a process.
 *
 * When such a response ends, or its client leaves, the runtime does not tell the read that waits for more of the upload. It
 * waits for ever. If the runtime was not told in time that nothing more will be read, the client's connection is never closed
 * either, not even when the client has closed it.
 */
export class UnfinishedUploads {
  #connections = 0;
  #reads = 0;
  #hasLost = false;
  #isStopped = false;

  /** Counts one. @throws {RequestBodyAborted} If too much was lost already. */
  begin(): void {
    if (this.#isStopped || this.#connections >= CONNECTIONS || this.#reads >= READS) {
      throw new RequestBodyAborted(
        "Too many clients have left a streamed response during their upload, which keeps their connections open until a restart",
      );
    }
    this.#connections++;
  }

  /** Counts the end of one. */
  end(loss: Loss): void {
    if (loss === "connection") this.#hasLost = true;
    else this.#connections--;
    if (loss !== "nothing") this.#reads++;
  }

  /** Allows no more of them if connections were lost: memory has grown that nothing frees, perhaps what their clients sent. */
  onMemoryStuck(): void {
    this.#isStopped ||= this.#hasLost;
  }
}
