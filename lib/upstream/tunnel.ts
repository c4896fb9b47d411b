import type { Secret } from "../core/secret.ts";
import type { Upstream } from "../config/route/route_config.ts";
import { basicCredentials } from "../http/basic.ts";
import { hostPort } from "../http/host.ts";
import { encodeLatin1 } from "../core/latin1.ts";
import { Connection, type Socket } from "./connection.ts";
import { BadResponse, TunnelRefused } from "./errors.ts";
import { parseResponseHead } from "./response_head.ts";

/**
 * Asks an egress proxy for a tunnel to the upstream: RFC 9110, section 9.3.6.
 *
 * @param credentials `user:password` for the proxy, sent as RFC 7617 says.
 */
export async function openTunnel(
  socket: Socket,
  upstream: Upstream,
  credentials: Secret | undefined,
): Promise<void> {
  const authority = hostPort(upstream.host, upstream.port);
  const proof = credentials === undefined
    ? ""
    : `proxy-authorization: ${basicCredentials(credentials.reveal())}\r\n`;
  const connection = new Connection(socket);
  await connection.write(encodeLatin1(`CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\n${proof}\r\n`));
  for (let interim = 0; interim < 16; interim++) {
    const text = await connection.readHead();
    if (text === undefined) throw new BadResponse("an egress proxy that hung up on CONNECT");
    const { status } = parseResponseHead(text);
    if (status < 200) continue;
    if (status > 299) throw new TunnelRefused(status);
    // The upstream speaks second, in HTTP as in TLS: what comes now is not from it.
    if (connection.buffered.length > 0) throw new BadResponse("an egress proxy that sent bytes of its own");
    return;
  }
  throw new BadResponse("an egress proxy that does not come to an answer");
}
