import type { RequestFraming } from "../http/framing.ts";
import { Refusal } from "../http/refusal.ts";

/** Fifteen digits: below 2^53, and more than any disk. */
const LENGTH = /^[0-9]{1,15}$/;

/**
 * Parses how a request's content is framed: RFC 9112, section 6.3.
 *
 * The runtime rejects both framing fields at once, but accepts two equal lengths as `5, 5`; and it drops the content of
 * a GET or HEAD, which could then not be sent on, so such a request is refused rather than cut.
 *
 * @throws {Refusal} `bad_request`.
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

/** Returns whether anything follows the head, if only an empty chunk. */
export function hasContent(framing: RequestFraming): boolean {
  return framing.kind === "chunked" || (framing.kind === "length" && framing.length > 0);
}

/**
 * Refuses content that no field announces. HTTP/1.1 has none (RFC 9112, section 6.3, point 7), but the runtime also
 * accepts HTTP/2, where content needs no length.
 *
 * @throws {Refusal} `bad_request`.
 */
export async function assertNoUnframedContent(
  framing: RequestFraming,
  content: ReadableStream<Uint8Array>,
): Promise<void> {
  if (framing.kind !== "none") return;
  const reader = content.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    if (value.length === 0) continue;
    reader.cancel().catch(() => {});
    throw new Refusal("bad_request", "content without a length");
  }
}
