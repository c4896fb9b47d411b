import type { ResponseFraming } from "../http/framing.ts";
import { BadResponse } from "./errors.ts";
import { endsConnection, type ResponseHead } from "./response_head.ts";

const NONE: ResponseFraming = { kind: "none" };
const CHUNKED: ResponseFraming = { kind: "chunked" };
const CLOSE: ResponseFraming = { kind: "close" };

/** Fifteen digits: below 2^53, so that a number holds it exactly. */
const LENGTH = /^[0-9]{1,15}$/;

/**
 * Determines how the body of a response is framed: RFC 9112, section 6.3.
 *
 * @param method The method of the request.
 * @throws {BadResponse} If two readers could see the body's end in different places.
 */
export function responseFraming(method: string, head: ResponseHead): ResponseFraming {
  const { transferEncoding: coding, contentLength: length } = head.framing;
  // Section 6.3, point 3: this may be an attempt at response splitting.
  if (coding !== undefined && length !== undefined) {
    throw new BadResponse("both Content-Length and Transfer-Encoding");
  }
  // Section 6.3, point 5, allows `5, 5` as 5; section 6.1 calls a transfer coding in HTTP/1.0 faulty framing.
  if (length !== undefined && !LENGTH.test(length)) {
    throw new BadResponse("invalid Content-Length");
  }
  if (coding !== undefined && (coding.toLowerCase() !== "chunked" || head.minorVersion === 0)) {
    throw new BadResponse("Transfer-Encoding other than chunked");
  }
  // Section 6.3, points 1 and 2.
  if (method === "HEAD" || head.status < 200 || head.status === 204 || head.status === 304) return NONE;
  if (coding !== undefined) return CHUNKED;
  return length === undefined ? CLOSE : { kind: "length", length: Number(length) };
}

/**
 * Whether the connection can serve another request after the response: RFC 9112, section 9.3.
 *
 * Not after a response without content that announced some (to HEAD, 204, 304): some servers send it all the same, a
 * moment later, and it would be read as the response to the next request.
 */
export function persists(head: ResponseHead, framing: ResponseFraming): boolean {
  if (framing.kind === "close" || endsConnection(head)) return false;
  return framing.kind !== "none" || !announcesContent(head);
}

/**
 * A request must have arrived by the time that a server keeps an idle connection, or the server has closed it, and the request
 * is lost. So the connection is used for a second less, as Node does.
 */
const KEEP_ALIVE_MARGIN = 1000;

/** Returns how long a connection may be kept after a response, in milliseconds: what `Keep-Alive: timeout=` says. */
export function keepAliveMs({ framing: { keepAlive } }: ResponseHead): number | undefined {
  if (keepAlive === undefined) return undefined;
  const seconds = /(?:^|[,;])[\t ]*timeout[\t ]*=[\t ]*"?([0-9]{1,9})/i.exec(keepAlive)?.[1];
  return seconds === undefined ? undefined : Math.max(0, Number(seconds) * 1000 - KEEP_ALIVE_MARGIN);
}

function announcesContent({ framing: { transferEncoding, contentLength } }: ResponseHead): boolean {
  return transferEncoding !== undefined || (contentLength !== undefined && Number(contentLength) > 0);
}
