import type { Upstream } from "../config/route/route_config.ts";
import { encodeLatin1 } from "../core/latin1.ts";
import type { Secret } from "../core/secret.ts";
import { basicCredentials } from "../http/basic.ts";
import { hostPort } from "../http/host.ts";
import { Connection, type Socket } from "./connection.ts";
import { BadResponse, BadTunnelResponse, TunnelRefused } from "./errors.ts";
import { parseResponseHead } from "./response_head.ts";

/** How many interim responses an egress proxy may send. RFC 9110, section 15.2, sets no number. */
const INTERIM_LIMIT = 16;

/**
 * Opens a tunnel to the upstream through an egress proxy: RFC 9110, section 9.3.6.
 *
 * @param socket The connection to the egress proxy.
 * @param credentials `user:password` for the egress proxy, sent as RFC 7617 says.
 * @throws {TunnelRefused} If it refuses.
 * @throws {BadTunnelResponse} If its response is not valid HTTP/1.1.
 */
export async function openTunnel(
  socket: Socket,
  upstream: Upstream,
  credentials: Secret | undefined,
): Promise<void> {
  const authority = hostPort(upstream.host, upstream.port);
  const authorization = credentials === undefined
    ? ""
    : `proxy-authorization: ${basicCredentials(credentials.reveal())}\r\n`;
  const connection = new Connection(socket);
  await connection.write(
    encodeLatin1(`CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\n${authorization}\r\n`),
  );
  const status = await readFinalStatus(connection);
  if (status > 299) throw new TunnelRefused(status);
  // In TLS as in HTTP the client speaks first, so these bytes cannot be the upstream's.
  if (connection.buffered.length > 0) {
    throw new BadTunnelResponse("egress proxy sent bytes after its response to CONNECT");
  }
}

async function readFinalStatus(connection: Connection): Promise<number> {
  for (let interim = 0; interim < INTERIM_LIMIT; interim++) {
    const status = await readStatus(connection);
    if (status >= 200) return status;
  }
  throw new BadTunnelResponse("too many interim responses from the egress proxy");
}

async function readStatus(connection: Connection): Promise<number> {
  try {
    const text = await connection.readHead();
    if (text === undefined) throw new BadResponse("egress proxy closed the connection on CONNECT");
    return parseResponseHead(text).status;
  } catch (error) {
    // The upstream has seen nothing yet.
    if (error instanceof BadResponse) throw new BadTunnelResponse(error.message);
    throw error;
  }
}
