import { RequestBodyAborted } from "./errors.ts";

/** How many there may be at once, with the connections that were lost: each keeps a descriptor. */
const CONNECTIONS = 256;

/** How many reads may be lost: each keeps some 12 kilobytes. */
const READS = 4 * 1024;

/** What is lost at the end of a response that was streamed during the upload. */
export type Loss = "nothing" | "read" | "connection";

/** How much was lost in the life of a process. */
export interface Lost {
  readonly connections: number;
  readonly uploads: number;
}

/**
 * Counts the uploads that go on while their response is streamed, in the life of a process.
 *
 * When such a response ends, or its client leaves, the runtime does not tell the read that waits for more of the upload. It
 * waits for ever. If the runtime was not told in time that nothing more will be read, the client's connection is never closed
 * either, not even when the client has closed it.
 */
export class UnfinishedUploads {
  /** How many there are now, how many have lost their connection, and how many their read. */
  #open = 0;
  #connections = 0;
  #reads = 0;
  #isStopped = false;

  /** How many connections of clients stay open, and of how many uploads memory is left, until the process ends. */
  get lost(): Lost {
    return { connections: this.#connections, uploads: this.#reads };
  }

  /** Counts one. @throws {RequestBodyAborted} If there are too many, or too much was lost already. */
  begin(): void {
    const reason = this.#reason();
    if (reason !== undefined) throw new RequestBodyAborted(reason);
    this.#open++;
  }

  /** Why there may be no more. */
  #reason(): string | undefined {
    if (this.#isStopped || this.#connections >= CONNECTIONS) {
      return "Clients have left too many streamed responses during their upload, which keeps connections open until a restart";
    }
    if (this.#reads >= READS) {
      return "Too many streamed responses have ended before their upload, which takes memory until a restart";
    }
    return this.#open + this.#connections >= CONNECTIONS
      ? "Too many responses are being streamed during their upload"
      : undefined;
  }

  /** Counts the end of one. */
  end(loss: Loss): void {
    this.#open--;
    if (loss === "connection") this.#connections++;
    if (loss !== "nothing") this.#reads++;
  }

  /** Allows no more of them if connections were lost: memory has grown that nothing frees, perhaps what their clients sent. */
  onMemoryStuck(): void {
    this.#isStopped ||= this.#connections > 0;
  }
}
