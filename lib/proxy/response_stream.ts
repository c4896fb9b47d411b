import { errorText } from "../core/error_text.ts";
import { fairTurn } from "../core/fair_turn.ts";
import { freeLarge, isInLarge } from "../core/free_memory.ts";
import { Refusal } from "../http/refusal.ts";
import { ContentWithheld } from "../mask/withheld.ts";
import type { Source } from "../upstream/source.ts";
import type { OngoingUpload } from "../upstream/transport.ts";
import { RequestCut, type RequestSpan } from "./request_span.ts";

/**
 * Returns the stream that the runtime sends to the client. The span ends with it.
 *
 * @param upload What the client is still sending.
 * @throws If the response can't be streamed during the upload.
 */
export function responseStream(
  source: Source,
  span: RequestSpan,
  upload?: OngoingUpload,
): ReadableStream<Uint8Array> {
  upload?.beginStream();
  const { entry } = span;
  let large: Uint8Array<ArrayBuffer> | undefined;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      span.onCut(() => {
        source.cancel();
        const cut = () => controller.error(new RequestCut());
        if (upload === undefined) cut();
        else upload.endStream("cut").then(cut);
        span.end("client_aborted");
      });
    },
    async pull(controller) {
      // The runtime asks for the next piece only once it has sent the previous one.
      if (large !== undefined) freeLarge(large);
      large = undefined;
      try {
        const turn = fairTurn(performance.now());
        if (turn !== undefined) await turn;
        const bytes = await source.next();
        if (bytes !== undefined) {
          entry.bytesDown += bytes.length;
          controller.enqueue(bytes);
          if (isInLarge(bytes)) {
            large = bytes;
            return;
          }
        }
        if (!source.done) return;
        if (upload !== undefined) await upload.endStream("complete");
        controller.close();
        span.end("complete");
      } catch (error) {
        // An error in the stream makes the runtime close the connection, so the client sees that the response is incomplete.
        // If that can't be, the client has to see it by its own time limit: the runtime frees the connection when it leaves.
        if (!await upload?.endStream("broken")) controller.error(error);
        const isWithheld = error instanceof ContentWithheld || error instanceof Refusal;
        if (isWithheld) entry.cause = errorText(error instanceof Refusal ? error.cause : error);
        span.end(isWithheld ? "withheld" : "upstream_aborted");
      }
    },
    cancel() {
      source.cancel();
      upload?.endStream("left");
      span.end("client_aborted");
    },
  }, { highWaterMark: 0 });
}
