import type { EgressProxy } from "../config/settings/egress.ts";
import type { Upstream } from "../config/route/route_config.ts";
import type { Socket } from "./connection.ts";
import { UpstreamUntrusted } from "./errors.ts";
import { openTunnel } from "./tunnel.ts";

export interface DialOptions {
  /** Authorities trusted beside the built-in ones, in PEM. */
  readonly caCerts: readonly string[];
  /** The proxy to go through. */
  readonly egress: EgressProxy | undefined;
}

/** How long a connection that is given up may still take to come and be closed, in milliseconds. */
const AFTERMATH = 1_000;

/** Which protocol is spoken inside TLS, for servers that would rather speak HTTP/2: RFC 7301. */
const PROTOCOLS = ["http/1.1"];

/**
 * Opens a connection to an upstream, with TLS verified for the upstream's own host where the route asks for it.
 *
 * @param signal Ends the attempt at any stage.
 */
export async function dial(upstream: Upstream, options: DialOptions, signal: AbortSignal): Promise<Socket> {
  const { egress } = options;
  const hop = egress ?? upstream;
  const socket = await connect(hop.host, hop.port, signal);
  let open: Deno.Conn = socket;
  const close = () => open.close();
  signal.addEventListener("abort", close, { once: true });
  try {
    // A small write must not wait for the answer to the one before; a peer that is gone must be found out in the end.
    socket.setNoDelay(true);
    socket.setKeepAlive(true);
    if (egress !== undefined) await openTunnel(socket, upstream, egress.credentials);
    if (upstream.scheme === "http") return socket;
    const secured = await Deno.startTls(socket, {
      hostname: upstream.host,
      caCerts: [...options.caCerts],
      alpnProtocols: PROTOCOLS,
    });
    open = secured;
    await shakeHands(secured);
    // One that is closed in the moment in which its handshake ends gives no error.
    signal.throwIfAborted();
    return secured;
  } catch (error) {
    try {
      open.close();
    } catch {
      // Ended by the signal, or by the runtime together with the failure.
    }
    throw error;
  } finally {
    signal.removeEventListener("abort", close);
  }
}

/**
 * The runtime loses a connection that comes in the moment of an abort, and it stays open for good. So it is not told of
 * the abort until one that was on its way has come, and been closed here.
 */
async function connect(hostname: string, port: number, signal: AbortSignal): Promise<Deno.TcpConn> {
  signal.throwIfAborted();
  const late = new AbortController();
  const connecting = Deno.connect({ hostname, port, signal: late.signal });
  const aborted = Promise.withResolvers<never>();
  const abort = () => {
    const timer = setTimeout(() => late.abort(), AFTERMATH);
    connecting.then((conn) => conn.close(), () => {}).finally(() => clearTimeout(timer));
    aborted.reject(signal.reason);
  };
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([connecting, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

async function shakeHands(connection: Deno.TlsConn): Promise<void> {
  try {
    await connection.handshake();
  } catch (error) {
    // The runtime has no class of its own for it; only its text says so.
    if (!(error instanceof Error) || !error.message.startsWith("invalid peer certificate: ")) throw error;
    throw new UpstreamUntrusted(
      `${error.message} (CRED_PROXY_CA_FILE names authorities beside the built-in ones)`,
    );
  }
}
