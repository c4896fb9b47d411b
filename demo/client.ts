/**
 * The client of the demo. It writes to a raw connection, so that the demo shows exactly what it sends.
 *
 * @module
 */

import { ByteSource, writeAll } from "../tests/support/bytes.ts";
import { framingOf, parseHead, readBody } from "../tests/support/message.ts";

/** A response as text. */
export interface TextResponse {
  readonly status: number;
  /** Without the empty line at its end; lines end with LF. */
  readonly head: string;
  readonly body: string;
  /** The lengths of the pieces in which the body came, in bytes. */
  readonly pieces: readonly number[];
}

/**
 * Sends a request and reads the whole response.
 *
 * @param request The head, an empty line and the content; lines end with LF.
 * @param onEvent Called with each event of an event stream as it arrives.
 */
export async function send(
  port: number,
  request: string,
  onEvent?: (event: string) => void,
): Promise<TextResponse> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const source = new ByteSource(conn);
  const [requestHead = "", content = ""] = request.split("\n\n");
  await writeAll(conn, `${requestHead.replaceAll("\n", "\r\n")}\r\n\r\n${content}`);

  const head = await source.readUntil("\r\n\r\n");
  if (head === undefined) throw new Error("The service closed the connection without a response");
  const { start, fields } = parseHead(head);
  const decoder = new TextDecoder();
  let body = "";
  let reported = 0;
  const pieces: number[] = [];
  for await (const part of readBody(source, framingOf(fields, { kind: "end" }))) {
    pieces.push(part.length);
    body += decoder.decode(part, { stream: true });
    for (let end = body.indexOf("\n\n", reported); end >= 0; end = body.indexOf("\n\n", reported)) {
      onEvent?.(body.slice(reported, end));
      reported = end + 2;
    }
  }
  return { status: Number(start.split(" ")[1]), head: head.trimEnd().replaceAll("\r\n", "\n"), body, pieces };
}
