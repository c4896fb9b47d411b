/**
 * What can go wrong on the upstream leg: between this process and the upstream, or while a request body is read for it.
 *
 * Their names and messages appear in the log as causes. No message holds a field value, a query or content.
 *
 * @module
 */

/** The upstream sent something that is not valid HTTP/1.1, or that can't be forwarded. */
export class BadResponse extends Error {
  override readonly name = "BadResponse";
}

/** The egress proxy sent something that is not valid HTTP/1.1. */
export class BadTunnelResponse extends Error {
  override readonly name = "BadTunnelResponse";
}

/** The connection was not established, or no response head arrived, within the route's time limit. */
export class UpstreamTimeout extends Error {
  override readonly name = "UpstreamTimeout";
}

/** The upstream closed the connection before it sent a single byte of a response. */
export class UpstreamHungUp extends Error {
  override readonly name = "UpstreamHungUp";
}

/** No connection to the upstream, or to the egress proxy in front of it, could be opened. */
export class UpstreamUnreachable extends Error {
  override readonly name = "UpstreamUnreachable";
}

/** The upstream answered in something that is not TLS. */
export class UpstreamNotTls extends Error {
  override readonly name = "UpstreamNotTls";
}

/** The upstream speaks TLS, but it and the proxy could not agree on a connection: RFC 8446, section 6.2. */
export class UpstreamTlsFailed extends Error {
  override readonly name = "UpstreamTlsFailed";
}

/** The upstream's certificate could not be verified. */
export class UpstreamUntrusted extends Error {
  override readonly name = "UpstreamUntrusted";
}

/** The egress proxy refused to open a tunnel. */
export class TunnelRefused extends Error {
  override readonly name = "TunnelRefused";

  /** @param status The status of its response to CONNECT. */
  constructor(readonly status: number) {
    super(`The egress proxy answered CONNECT with ${status}`);
  }
}

/** No connection was attempted, since the process has too few file descriptors left. */
export class NoDescriptors extends Error {
  override readonly name = "NoDescriptors";
}

/** The client disconnected before there was a response. */
export class ClientDisconnected extends Error {
  override readonly name = "ClientDisconnected";
}

/** The client's request body ended early, or did not have the length that it announced. */
export class RequestBodyAborted extends Error {
  override readonly name: string = "RequestBodyAborted";
}

/** A client's content was given up while a read of it waits for more, and will wait for ever. */
export class ReadLost extends Error {
  override readonly name = "ReadLost";
}

/** The content of a request, as it was decoded here, does not have the length that the client stated for it. */
export class WrongContentLength extends RequestBodyAborted {
  override readonly name: string = "WrongContentLength";
}

/** A peer broke the WebSocket protocol: RFC 6455, section 7.1.7. */
export class WebSocketViolation extends Error {
  override readonly name = "WebSocketViolation";

  /** @param code The code to close the connection with. */
  constructor(readonly code: number, message: string) {
    super(message);
  }
}

/** Whether no TLS connection could be made because of what the upstream is, or how it is configured. */
export function isTlsFailure(error: unknown): boolean {
  return error instanceof UpstreamUntrusted || error instanceof UpstreamNotTls ||
    error instanceof UpstreamTlsFailed;
}

/** Whether a failure persists until somebody changes a configuration, so that a retry cannot help. */
export function isPermanent(error: unknown): boolean {
  if (isTlsFailure(error)) return true;
  // The egress proxy forbids the upstream, or asks for credentials: RFC 9110, sections 15.5.4 and 15.5.8.
  return error instanceof TunnelRefused && (error.status === 403 || error.status === 407);
}
