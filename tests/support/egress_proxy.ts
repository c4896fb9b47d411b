/**
 * A mock egress proxy: it records each CONNECT as it was sent, and opens a tunnel or responds as a test wants.
 *
 * @module
 */

import { ByteSource, writeAll } from "./bytes.ts";

/** Returns the response to a CONNECT, or undefined to open the tunnel. */
export type Answer = (head: string) => string | undefined;

/** A running proxy. */
export interface EgressProxy extends AsyncDisposable {
  readonly port: number;
  /** The heads of all requests so far. */
  readonly heads: readonly string[];
  /** How many connections are open: from its clients, and its own to the hosts they named. */
  readonly open: number;
  /** Sets how it responds from now on. */
  answerWith(answer: Answer): void;
  /** Opens every tunnel to this one address from now on, whatever was requested. */
  bringTo(place: Deno.ConnectOptions): void;
}

/** Starts a proxy on a free port of 127.0.0.1, which opens every tunnel by default. */
export function startEgressProxy(): EgressProxy {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const heads: string[] = [];
  const open = new Set<Deno.Conn>();
  const talks = new Set<Promise<void>>();
  let answer: Answer = () => undefined;
  let place: Deno.ConnectOptions | undefined;

  async function converse(client: Deno.Conn): Promise<void> {
    const source = new ByteSource(client);
    const head = await source.readUntil("\r\n\r\n");
    if (head === undefined) return;
    heads.push(head);
    const said = answer(head);
    if (said !== undefined) {
      await writeAll(client, said);
      // It stays open until the peer closes it: the refusal must not depend on the connection's end.
      return await source.ended;
    }
    const [, host = "", port = ""] = /^CONNECT (\S+):(\d+) /.exec(head) ?? [];
    const server = await Deno.connect(place ?? { hostname: host, port: Number(port) });
    open.add(server);
    await writeAll(client, "HTTP/1.1 200 Connection established\r\n\r\n");
    await Promise.race([relay(source, server), relay(new ByteSource(server), client)]);
    open.delete(server);
    closeQuietly(server);
  }

  const accepting = (async () => {
    for await (const client of listener) {
      open.add(client);
      const talk = converse(client).catch(() => {}).finally(() => {
        open.delete(client);
        closeQuietly(client);
        talks.delete(talk);
      });
      talks.add(talk);
    }
  })();

  return {
    port: listener.addr.port,
    heads,
    get open() {
      return open.size;
    },
    answerWith(next) {
      answer = next;
    },
    bringTo(next) {
      answer = () => undefined;
      place = next;
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const conn of open) closeQuietly(conn);
      await accepting;
      await Promise.all(talks);
    },
  };
}

async function relay(from: ByteSource, to: Deno.Conn): Promise<void> {
  for (let part = await from.read(); part; part = await from.read()) await writeAll(to, part);
}

function closeQuietly(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
