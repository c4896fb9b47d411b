/**
 * A mock upstream on raw connections: it exposes each byte that the proxy sends, and sends each byte that a test wants.
 *
 * @module
 */

import type { Leaf } from "./authority.ts";
import { ByteSource } from "./bytes.ts";
import { Exchange, PeerDisconnected } from "./exchange.ts";
import { parseHead, Truncated } from "./message.ts";
import { within } from "./within.ts";

/**
 * What the upstream does with a request. The rest of the body is skipped, then the next request on the connection is
 * served. An error closes the connection and is thrown again by {@linkcode Upstream.close}, unless it only says that the
 * peer has disconnected.
 */
export type Script = (exchange: Exchange) => Promise<void> | void;

/** How an upstream listens. */
export interface UpstreamOptions {
  /** A certificate for TLS; without it the upstream uses plain HTTP. */
  readonly tls?: Leaf;
  /** The address to listen on; 127.0.0.1 by default. */
  readonly hostname?: string;
  /** False keeps no list of exchanges, to limit memory. */
  readonly record?: boolean;
}

/** A running upstream. */
export interface Upstream extends AsyncDisposable {
  readonly port: number;
  /** Its origin: `https://localhost:PORT` with TLS, `http://127.0.0.1:PORT` without; no slash at the end. */
  readonly url: string;
  /** All exchanges so far, over all connections, in the order of their heads. */
  readonly requests: readonly Exchange[];
  /** How many connections were accepted so far. */
  readonly connections: number;
  /** How many of them are open. */
  readonly openConnections: number;
  /** Stops listening and closes all connections. Rejects with the first error that a script threw. */
  close(): Promise<void>;
}

/**
 * Starts an upstream on a free port.
 *
 * @example
 * ```ts
 * import { startUpstream } from "./upstream.ts";
 *
 * await using upstream = startUpstream((exchange) => exchange.respond(200, [], "hello"));
 * const response = await fetch(upstream.url);
 * console.assert(await response.text() === "hello");
 * ```
 */
export function startUpstream(script: Script, options: UpstreamOptions = {}): Upstream {
  const address = { hostname: options.hostname ?? "127.0.0.1", port: 0 };
  const listener: Deno.Listener<Deno.TcpConn | Deno.TlsConn> = options.tls
    ? Deno.listenTls({ ...address, ...options.tls })
    : Deno.listen(address);
  const { port } = listener.addr as Deno.NetAddr;
  const requests: Exchange[] = [];
  const open = new Set<Deno.Conn>();
  const conversations = new Set<Promise<void>>();
  const failures: unknown[] = [];
  let connections = 0;

  async function converse(conn: Deno.Conn, connection: number): Promise<void> {
    const source = new ByteSource(conn);
    source.ended.then(() => open.delete(conn));
    for (let request = 1;; request++) {
      const text = await source.readUntil("\r\n\r\n");
      if (text === undefined) return;
      const exchange = new Exchange({ conn, source, connection, request, head: parseHead(text) });
      if (options.record !== false) requests.push(exchange);
      try {
        await script(exchange);
        if (!exchange.cut) await exchange.drain();
      } catch (error) {
        if (!(error instanceof PeerDisconnected || error instanceof Truncated)) failures.push(error);
        return;
      }
      if (exchange.cut) return;
    }
  }

  async function accept(): Promise<void> {
    for await (const conn of listener) {
      open.add(conn);
      const conversation = converse(conn, ++connections).finally(() => {
        closeQuietly(conn);
        conversations.delete(conversation);
      });
      conversations.add(conversation);
    }
  }

  async function close(): Promise<void> {
    closeQuietly(listener);
    for (const conn of open) closeQuietly(conn);
    // A script may be waiting for something that will not happen any more.
    await within(Promise.all([accepting, ...conversations]), "The scripts' end", 1_000).catch(() => {});
    if (failures.length > 0) throw failures[0];
  }

  const accepting = accept();
  return {
    port,
    url: options.tls ? `https://localhost:${port}` : `http://${address.hostname}:${port}`,
    requests,
    get connections() {
      return connections;
    },
    get openConnections() {
      return open.size;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function closeQuietly(resource: { close(): void }): void {
  try {
    resource.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
