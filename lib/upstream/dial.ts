import type { Upstream } from "../config/route/route_config.ts";
import type { EgressProxy } from "../config/settings/egress.ts";
import type { Socket } from "./connection.ts";
import { hostPort } from "../http/host.ts";
import { UpstreamNotTls, UpstreamTlsFailed, UpstreamUnreachable, UpstreamUntrusted } from "./errors.ts";
import { trustAdvice } from "./trust_advice.ts";
import { openTunnel } from "./tunnel.ts";

/** How connections to an upstream are opened. */
export interface DialOptions {
  /** Authorities trusted in addition to the built-in ones, in PEM. */
  readonly caCerts: readonly string[];
  /** The proxy to connect through, if any. */
  readonly egress: EgressProxy | undefined;
}

/** How long the runtime may go on connecting after an attempt was aborted, in milliseconds. */
const ABORT_DELAY = 1_000;

/** The protocol to use inside TLS, for servers that would otherwise speak HTTP/2: RFC 7301. */
const PROTOCOLS = ["http/1.1"];

/**
 * Opens a connection to an upstream: over TLS, verified for the upstream's host, if its scheme is https.
 *
 * @param signal Aborts the attempt at any stage.
 * @throws {UpstreamUnreachable} If no connection can be opened.
 * @throws {UpstreamNotTls} If what is there does not speak TLS.
 * @throws {UpstreamTlsFailed} If it does, but no connection can be agreed on.
 * @throws {UpstreamUntrusted} If the certificate can't be verified.
 * @throws {TunnelRefused} If the egress proxy refuses to open a tunnel.
 * @throws {BadTunnelResponse} If the egress proxy's response is not valid HTTP/1.1.
 */
export async function dial(upstream: Upstream, options: DialOptions, signal: AbortSignal): Promise<Socket> {
  const { egress } = options;
  const { host, port } = egress ?? upstream;
  const socket = await reach(host, port, signal);
  let open: Deno.Conn = socket;
  const close = () => open.close();
  signal.addEventListener("abort", close);
  try {
    // A small write must not wait for the acknowledgement of the last one; a dead peer must be detected eventually.
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
    await handshake(secured, upstream);
    // A connection that is closed at the very moment in which its handshake ends reports no error.
    signal.throwIfAborted();
    return secured;
  } catch (error) {
    try {
      open.close();
    } catch {
      // Closed already, by the signal or by the runtime when it failed.
    }
    throw error;
  } finally {
    signal.removeEventListener("abort", close);
  }
}

/** Connects over TCP, or says what could not be reached. */
async function reach(hostname: string, port: number, signal: AbortSignal): Promise<Deno.TcpConn> {
  try {
    return await connect(hostname, port, signal);
  } catch (error) {
    // A missing permission is another matter.
    if (signal.aborted || error instanceof Deno.errors.NotCapable || !(error instanceof Error)) throw error;
    const place = hostPort(hostname, port);
    const what = error instanceof Deno.errors.ConnectionRefused
      ? `${place} refuses connections`
      : error.message.startsWith("failed to lookup address")
      ? `the name ${hostname} can't be resolved`
      : `${place} can't be reached`;
    throw new UpstreamUnreachable(what, { cause: error });
  }
}

/**
 * Connects over TCP. If an abort and a new connection coincide, the runtime loses the connection and leaves it open
 * forever. So the runtime is aborted only after a delay, in which a connection that was under way is closed here.
 */
async function connect(hostname: string, port: number, signal: AbortSignal): Promise<Deno.TcpConn> {
  signal.throwIfAborted();
  const delayed = new AbortController();
  const connecting = Deno.connect({ hostname, port, signal: delayed.signal });
  const aborted = Promise.withResolvers<never>();
  const abort = () => {
    const timer = setTimeout(() => delayed.abort(), ABORT_DELAY);
    connecting.then((conn) => conn.close(), () => {}).finally(() => clearTimeout(timer));
    aborted.reject(signal.reason);
  };
  signal.addEventListener("abort", abort);
  try {
    return await Promise.race([connecting, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

async function handshake(connection: Deno.TlsConn, upstream: Upstream): Promise<void> {
  try {
    await connection.handshake();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // The runtime has no error classes for these; only the message tells.
    if (error.message.startsWith("received corrupt message of type InvalidContentType")) {
      const place = hostPort(upstream.host, upstream.port);
      throw new UpstreamNotTls(
        `${place} does not speak TLS: is its port right, or is it an http:// upstream?`,
      );
    }
    if (!error.message.startsWith("invalid peer certificate: ")) {
      // Not an end of the connection, after which another attempt may succeed.
      if (!(error instanceof Deno.errors.InvalidData)) throw error;
      throw new UpstreamTlsFailed(`the TLS handshake failed: ${error.message}`);
    }
    throw new UpstreamUntrusted(error.message + trustAdvice(error.message, upstream.host));
  }
}
