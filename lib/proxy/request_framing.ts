import type { RequestFraming } from "../http/framing.ts";
import { Refusal } from "../http/refusal.ts";

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
  if (coding === null && length === null) return { kind: "none" };
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
    throw new Refusal("bad_request", `a ${method} with content`);
  }
  return framing;
}

/** Reports whether anything follows the head, even if it is only the last chunk. */
export function hasContent(framing: RequestFraming): boolean {
  return framing.kind === "chunked" || (framing.kind === "length" && framing.length > 0);
}

/**
 * Checks that no content arrives without a framing field. That is impossible in HTTP/1.1 (RFC 9112, section 6.3, point 7),
 * but the runtime also accepts HTTP/2, where content needs no length.
 *
 * @param drainBegun Ends the wait for the end of the content.
 * @throws {Refusal} `bad_request` if there is such content; `draining` if the service shuts down before its end.
 */
export async function assertNoUnframedContent(
  framing: RequestFraming,
  content: ReadableStream<Uint8Array>,
  drainBegun: Promise<void>,
): Promise<void> {
  if (framing.kind !== "none") return;
  const reader = content.getReader();
  for (;;) {
    const read = await Promise.race([reader.read(), drainBegun]);
    if (read?.done) return;
    if (read?.value.length === 0) continue;
    reader.cancel().catch(() => {});
    if (read === undefined) throw new Refusal("draining");
    throw new Refusal("bad_request", "content without a length");
  }
}
