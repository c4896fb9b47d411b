/**
 * An upstream that records every byte it gets, whether or not the byte belongs to a request.
 *
 * @module
 */

import { ByteSource, fromLatin1, writeAll } from "./bytes.ts";
import { framingOf, parseHead, readBody } from "./message.ts";
import { within } from "./within.ts";

/** A running recording upstream. */
export interface RecordingUpstream extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string;
  /** `127.0.0.1:PORT`. */
  readonly authority: string;
  /** The number of open connections. */
  readonly open: number;
  /** Returns all bytes of all connections since the last call, one character per byte, in order of arrival. */
  take(): string;
  /** Resolves once what {@linkcode take} would return ends with this text. */
  until(end: string): Promise<void>;
  /** Resolves once `count` connections are open. */
  untilOpen(count: number): Promise<void>;
}

/** Starts the upstream. It responds to every request with 200 and the request target as content. */
export function startRecordingUpstream(): RecordingUpstream {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const authority = `127.0.0.1:${listener.addr.port}`;
  const open = new Set<Deno.Conn>();
  let recorded = "";
  let change = Promise.withResolvers<void>();

  function changed(): void {
    change.resolve();
    change = Promise.withResolvers();
  }

  async function until(what: string, holds: () => boolean): Promise<void> {
    while (!holds()) {
      await within(change.promise, () => `${what} (so far ${JSON.stringify(recorded.slice(-300))})`);
    }
  }

  async function converse(conn: Deno.Conn): Promise<void> {
    open.add(conn);
    const source = new ByteSource({
      async read(buffer) {
        const count = await conn.read(buffer);
        recorded += fromLatin1(buffer.subarray(0, count ?? 0));
        changed();
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
      // Truncated or malformed content: its bytes have been recorded.
    } finally {
      if (open.delete(conn)) conn.close();
      changed();
      await source.ended;
    }
  }

  async function accept(): Promise<void> {
    const conversations: Promise<void>[] = [];
    for await (const conn of listener) conversations.push(converse(conn));
    await Promise.all(conversations);
  }

  const ended = accept();
  return {
    url: `http://${authority}`,
    authority,
    get open() {
      return open.size;
    },
    take() {
      const taken = recorded;
      recorded = "";
      return taken;
    },
    until: (end) => until(JSON.stringify(end), () => recorded.endsWith(end)),
    untilOpen: (count) => until(`${count} open connections`, () => open.size === count),
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const conn of open) if (open.delete(conn)) conn.close();
      await within(ended, "The recording upstream's end");
    },
  };
}
