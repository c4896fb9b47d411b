import type { RequestFraming } from "../http/framing.ts";
import { Refusal } from "../http/refusal.ts";

/** The framing of a request without content. */
const NONE: RequestFraming = { kind: "none" };

/** Up to fifteen digits: below 2^53, so that a number represents it exactly. */
const LENGTH = /^[0-9]{1,15}$/;

/**
 * Determines the framing of a request's content: RFC 9112, section 6.3.
 *
 * The runtime rejects requests with both framing fields, but accepts two equal lengths as `5, 5`. It drops the content of
 * a GET or HEAD, which could thus not be forwarded, so such a request is rejected rather than truncated.
 *
 * @throws {Refusal} `bad_request` if the framing is invalid, or the content can't be forwarded.
 */
export function requestFraming(method: string, fields: Pick<Headers, "get">): RequestFraming {
  const coding = fields.get("transfer-encoding");
  const length = fields.get("content-length");
  if (coding === null && length === null) return NONE;
  if (coding !== null && (length !== null || coding.toLowerCase() !== "chunked")) {
    throw new Refusal("bad_request", "the length of its content is ambiguous");
  }
  if (length !== null && !LENGTH.test(length)) {
    throw new Refusal("bad_request", "its Content-Length is not one number");
  }
  const framing: RequestFraming = length === null
    ? { kind: "chunked" }
    : { kind: "length", length: Number(length) };
  if (hasContent(framing) && (method === "GET" || method === "HEAD")) {
    // The runtime drops it, and does not say whether there was any.
    throw new Refusal("bad_request", `a ${method} with content or with Transfer-Encoding`);
  }
  return framing;
}

/** Reports whether anything follows the head, even if it is only the last chunk. */
function hasContent(framing: RequestFraming): boolean {
  return framing.kind === "chunked" || (framing.kind === "length" && framing.length > 0);
}

/** The content of a request, with the framing in which it is forwarded. */
export interface FramedContent {
  readonly framing: RequestFraming;
  /** Null where the framing announces no content. */
  readonly body: ReadableStream<Uint8Array> | null;
}

const NO_CONTENT: FramedContent = { framing: NONE, body: null };

/**
 * Returns a request's content. In HTTP/1.1 none arrives without a framing field (RFC 9112, section 6.3, point 7), but in
 * HTTP/2, which the runtime accepts as well, content needs no length, and is forwarded in chunks.
 *
 * @param body What the runtime provides.
 * @param drainBegun Ends the wait for content that was not announced.
 * @returns A promise only if content may come that was not announced.
 * @throws {Refusal} `draining` if the service shuts down before any comes.
 */
export function framedContent(
  body: ReadableStream<Uint8Array> | null,
  framing: RequestFraming,
  drainBegun: Promise<void>,
): FramedContent | Promise<FramedContent> {
  if (framing.kind !== "none") return { framing, body: hasContent(framing) ? body : null };
  return body === null ? NO_CONTENT : unframedContent(body, framing, drainBegun);
}

async function unframedContent(
  body: ReadableStream<Uint8Array>,
  framing: RequestFraming,
  drainBegun: Promise<void>,
): Promise<FramedContent> {
  const first = await firstPiece(body.getReader(), drainBegun);
  if (first === undefined) return { framing, body: null };
  return { framing: { kind: "chunked" }, body: first };
}

/** Returns a stream with the same content once there is any; undefined if it ends without. */
async function firstPiece(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  drainBegun: Promise<void>,
): Promise<ReadableStream<Uint8Array> | undefined> {
  for (;;) {
    const read = await Promise.race([reader.read(), drainBegun]);
    if (read?.done) return undefined;
    if (read === undefined) {
      reader.cancel().catch(() => {});
      throw new Refusal("draining");
    }
    if (read.value.length > 0) return resumed(read.value, reader);
  }
}

function resumed(
  first: Uint8Array,
  reader: ReadableStreamDefaultReader<Uint8Array>,
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(first),
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}
