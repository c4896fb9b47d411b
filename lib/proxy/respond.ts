import { copyResponseFields } from "./response_fields.ts";
import type { LogEntry, Outcome } from "../log/request_log.ts";
import { type Decoding, decodingFor } from "../coding/decode.ts";
import type { Mask } from "../mask/mask.ts";
import { Masked } from "../mask/masked.ts";
import type { Route } from "./route.ts";
import type { UpstreamResponse } from "../upstream/transport.ts";
import { BadResponse } from "../upstream/errors.ts";
import { Resumed, type Source } from "../upstream/source.ts";

/** Statuses whose responses can't have content: the runtime takes none, and RFC 9110 allows none. */
const WITHOUT_CONTENT: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * The upstream's reply as a response to the agent: the head without what belongs to the upstream's connection, the
 * content as it comes, the secret masked in both.
 *
 * @param mask Undefined on a route that does not mask.
 * @param ended Called once, when the reply has come to its end.
 */
export async function respond(
  { route }: Route,
  mask: Mask | undefined,
  answer: UpstreamResponse,
  entry: LogEntry,
  ended: (outcome: Outcome) => void,
): Promise<Response> {
  const { head, framing, content } = answer;
  try {
    if (head.status > 599) throw new BadResponse("a status above 599");
    const decoding = mask && framing.kind !== "none" ? decodingOf(answer) : undefined;
    entry.status = head.status;
    const whole = decoding === undefined ? content.takeWhole() : undefined;
    const body = whole === undefined
      ? await contentFor(answer, decoding, mask, entry, once(ended))
      : wholeContent(answer, mask, whole);
    // The runtime tells no length with a 205, so that clients wait for content; without a form to reset, 204 says the same.
    const response = new Response(body, { status: head.status === 205 ? 204 : head.status });
    copyResponseFields({ route, mask, decoded: decoding !== undefined }, head, framing, response.headers);
    if (whole !== undefined) {
      // The response has a copy.
      content.release();
      entry.bytesDown = body === null ? 0 : whole.length;
      ended("complete");
    }
    return response;
  } catch (error) {
    content.cancel();
    throw error;
  }
}

/**
 * How to take the coding off content that came with one, though none was asked for.
 *
 * @throws {BadResponse} Where that can't be done: what can't be read can't be masked.
 */
function decodingOf({ head }: UpstreamResponse): Decoding | undefined {
  const codings = head.fields.filter(([name]) => name === "content-encoding").map(([, value]) => value).join(
    ", ",
  );
  if (codings === "" || codings.toLowerCase() === "identity") return undefined;
  const decoding = head.status === 206 ? undefined : decodingFor(codings);
  if (decoding === undefined) throw new BadResponse("content in a coding that can't be taken off to mask it");
  return decoding;
}

/**
 * Pieces from this size on are given back as soon as they are handed on. Left to the garbage collector, which counts
 * objects rather than what they hold, they would come to a hundred megabytes before it looked.
 */
const LARGE = 64 * 1024;

/** Content that is all there. */
function wholeContent(
  answer: UpstreamResponse,
  mask: Mask | undefined,
  whole: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null {
  if (WITHOUT_CONTENT.has(answer.head.status)) return null;
  if (whole.length === 0) return isLengthless(answer) ? emptyStream() : null;
  return mask?.maskBytes(whole) ?? whole;
}

/** What is soon there goes as one piece; what is not, is large or must be decoded becomes a stream. */
async function contentFor(
  answer: UpstreamResponse,
  decoding: Decoding | undefined,
  mask: Mask | undefined,
  entry: LogEntry,
  ended: (outcome: Outcome) => void,
): Promise<Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null> {
  const { head, content } = answer;
  if (WITHOUT_CONTENT.has(head.status)) {
    content.cancel();
    ended("complete");
    return null;
  }
  const first = decoding === undefined ? await content.buffered() : undefined;
  if (content.done && (first === undefined || first.length < LARGE)) {
    entry.bytesDown = first?.length ?? 0;
    ended("complete");
    if (first === undefined) return null;
    return mask?.maskBytes(first) ?? first;
  }
  let source: Source = first === undefined ? content : new Resumed(first, content);
  if (decoding !== undefined) source = decoding(source);
  if (mask !== undefined) source = new Masked(source, mask);
  return streamOf(source, entry, ended);
}

/** A reply to HEAD that tells no length: given nothing to send, the runtime would tell 0. */
function isLengthless({ head, framing }: UpstreamResponse): boolean {
  return framing.kind === "none" && head.framing.contentLength === undefined;
}

function emptyStream(): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.close() });
}

function streamOf(
  source: Source,
  entry: LogEntry,
  ended: (outcome: Outcome) => void,
): ReadableStream<Uint8Array> {
  let large: Uint8Array<ArrayBuffer> | undefined;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      // Whoever asks for the next piece has taken the last one: the runtime holds what it has not sent yet.
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
        ended("complete");
      } catch (error) {
        // An error in the stream makes the runtime cut the agent's connection: broken is seen as broken.
        controller.error(error);
        ended("upstream_aborted");
      }
    },
    cancel() {
      source.cancel();
      ended("client_aborted");
    },
  }, { highWaterMark: 0 });
}

/** A stream that is cancelled while a read is pending ends twice. */
function once(ended: (outcome: Outcome) => void): (outcome: Outcome) => void {
  let called = false;
  return (outcome) => {
    if (called) return;
    called = true;
    ended(outcome);
  };
}
