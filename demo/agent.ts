/**
 * The agent of the demo: a raw connection, so that what it sends is what is shown.
 *
 * @module
 */

import { ByteSource, writeAll } from "../tests/support/bytes.ts";
import { framingOf, parseHead, readBody } from "../tests/support/message.ts";

/** What the agent got. */
export interface Answer {
  readonly status: number;
  /** Without the empty line at its end. */
  readonly head: string;
  readonly body: string;
}

/**
 * Sends a request and reads the whole answer.
 *
 * @param request The head, a line each, an empty line, and the content.
 * @param event Called with each event of a stream of events, when it has come.
 */
export async function ask(port: number, request: string, event?: (text: string) => void): Promise<Answer> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const source = new ByteSource(conn);
  const [head = "", content = ""] = request.split("\n\n");
  await writeAll(conn, `${head.replaceAll("\n", "\r\n")}\r\n\r\n${content}`);

  const text = await source.readUntil("\r\n\r\n");
  if (text === undefined) throw new Error("The service closed the connection without an answer");
  const { start, fields } = parseHead(text);
  const decoder = new TextDecoder();
  let body = "";
  let told = 0;
  for await (const part of readBody(source, framingOf(fields, { kind: "end" }))) {
    body += decoder.decode(part, { stream: true });
    for (let end = body.indexOf("\n\n", told); end >= 0; end = body.indexOf("\n\n", told)) {
      event?.(body.slice(told, end));
      told = end + 2;
    }
  }
  return { status: Number(start.split(" ")[1]), head: text.trimEnd().replaceAll("\r\n", "\n"), body };
}
