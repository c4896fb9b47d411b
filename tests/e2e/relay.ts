/**
 * A relay that records what passes through it, so that every byte between a client and the service can be checked.
 *
 * @module
 */

import { writeAll } from "../support/bytes.ts";

/** A running relay. */
export interface Relay extends AsyncDisposable {
  /** The TCP port it listens on; 0 on a Unix socket. */
  readonly port: number;
  /** Returns what the service sent to clients so far, one character per byte. */
  sentToClients(): string;
}

/** An address to listen on or to connect to. */
export type SocketAddress = { readonly port: number } | { readonly path: string };

/** The most characters that are recorded; more than any client receives. */
const MAX_RECORDED = 64 * 1024 * 1024;

/** Starts a relay on 127.0.0.1 or on a Unix socket; port 0 picks a free one. */
export function startRelay(from: SocketAddress, to: SocketAddress): Relay {
  const listener = "path" in from
    ? Deno.listen({ transport: "unix", path: from.path })
    : Deno.listen({ hostname: "127.0.0.1", port: from.port });
  const open = new Set<Deno.Conn>();
  const decoder = new TextDecoder("latin1");
  let down = "";

  async function converse(client: Deno.Conn): Promise<void> {
    open.add(client);
    const service: Deno.Conn = "path" in to
      ? await Deno.connect({ transport: "unix", path: to.path })
      : await Deno.connect({ hostname: "127.0.0.1", port: to.port });
    open.add(service);
    // A client that leaves must be seen to leave: a WebSocket would stay open.
    const up = pass(client, service).then(() => closeWriteQuietly(service));
    await pass(service, client, (bytes) => {
      down += decoder.decode(bytes);
      if (down.length > MAX_RECORDED) throw new Error("A client received more than the relay records");
    });
    closeQuietly(client);
    closeQuietly(service);
    await up;
    open.delete(client);
    open.delete(service);
  }

  const accepting = (async () => {
    for await (const client of listener as Deno.Listener<Deno.Conn>) {
      converse(client).catch(() => closeQuietly(client));
    }
  })();

  return {
    port: "port" in listener.addr ? listener.addr.port : 0,
    sentToClients: () => down,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const each of open) closeQuietly(each);
      await accepting;
    },
  };
}

/** Forwards bytes until either side ends. */
async function pass(from: Deno.Conn, to: Deno.Conn, see?: (bytes: Uint8Array) => void): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  try {
    for (let count = await from.read(buffer); count !== null; count = await from.read(buffer)) {
      see?.(buffer.subarray(0, count));
      await writeAll(to, buffer.slice(0, count));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource || isReset(error))) throw error;
  }
}

function isReset(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.Interrupted;
}

async function closeWriteQuietly(conn: Deno.Conn): Promise<void> {
  await (conn as Deno.TcpConn | Deno.UnixConn).closeWrite().catch(() => {});
}

function closeQuietly(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
