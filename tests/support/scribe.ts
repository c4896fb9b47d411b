/**
 * An upstream that writes down every byte it gets, whether or not the byte belongs to a request.
 *
 * @module
 */

import { ByteSource, fromLatin1, writeAll } from "./bytes.ts";
import { framingOf, parseHead, readBody } from "./message.ts";
import { within } from "./within.ts";

/** A running scribe. */
export interface Scribe extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string;
  /** `127.0.0.1:PORT`. */
  readonly authority: string;
  /** All bytes of all connections since the last call, a character a byte, in the order they came. */
  take(): string;
}

/** Starts a scribe. It answers every request with 200, and with the request target as the content. */
export function startScribe(): Scribe {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const authority = `127.0.0.1:${listener.addr.port}`;
  const open = new Set<Deno.Conn>();
  let written = "";

  async function converse(conn: Deno.Conn): Promise<void> {
    open.add(conn);
    const source = new ByteSource({
      async read(buffer) {
        const count = await conn.read(buffer);
        written += fromLatin1(buffer.subarray(0, count ?? 0));
        return count;
      },
    });
    try {
      for (let text = await source.readUntil("\r\n\r\n"); text; text = await source.readUntil("\r\n\r\n")) {
        const { start, fields } = parseHead(text);
        for await (const _ of readBody(source, framingOf(fields, { kind: "length", length: 0 })));
        const target = start.split(" ")[1] ?? "";
        await writeAll(conn, `HTTP/1.1 200 OK\r\nContent-Length: ${target.length}\r\n\r\n${target}`);
      }
    } catch {
      // Content that broke off, or is none: what there was of it has been written down.
    } finally {
      if (open.delete(conn)) conn.close();
      await source.ended;
    }
  }

  async function accept(): Promise<void> {
    const talks: Promise<void>[] = [];
    for await (const conn of listener) talks.push(converse(conn));
    await Promise.all(talks);
  }

  const ended = accept();
  return {
    url: `http://${authority}`,
    authority,
    take() {
      const taken = written;
      written = "";
      return taken;
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const conn of open) if (open.delete(conn)) conn.close();
      await within(ended, "The scribe's end");
    },
  };
}
