import type { Source } from "../upstream/source.ts";
import type { RequestSpan } from "./request_span.ts";

/**
 * Pieces from this size on are freed as soon as they are handed on. Left to the garbage collector, which counts
 * objects rather than what they hold, they would come to a hundred megabytes before it looked.
 */
const LARGE = 64 * 1024;

/** Makes the stream that the runtime sends to the client, and ends the span with it. */
export function responseStream(source: Source, span: RequestSpan): ReadableStream<Uint8Array> {
  const { entry } = span;
  let large: Uint8Array<ArrayBuffer> | undefined;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      // Who asks for the next piece is done with the last one: the runtime holds what it has not sent yet.
      large?.buffer.transfer(0);
      large = undefined;
      try {
        const bytes = await source.next();
        if (bytes !== undefined) {
          entry.bytesDown += bytes.length;
          controller.enqueue(bytes);
          if (bytes.length >= LARGE) {
            large = bytes;
            return;
          }
        }
        if (!source.done) return;
        controller.close();
        span.end("complete");
      } catch (error) {
        // An error in the stream makes the runtime cut the client's connection: a broken response is seen as broken.
        controller.error(error);
        span.end("upstream_aborted");
      }
    },
    cancel() {
      source.cancel();
      span.end("client_aborted");
    },
  }, { highWaterMark: 0 });
}
