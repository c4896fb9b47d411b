/**
 * Field names by role, all in lower case, as the runtime provides the client's and the parser the upstream's.
 *
 * @module
 */

/**
 * Fields that apply to one connection only: RFC 9110, section 7.6.1, and those that older clients treat as such.
 *
 * `expect` is included because the runtime itself sends `100-continue` before a body is read, and `trailer` because
 * trailers are not forwarded.
 */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "expect",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Fields whose entire value is an API key. */
export const KEY_FIELDS: readonly string[] = [
  "x-api-key",
  "x-goog-api-key",
  "api-key",
  "ocp-apim-subscription-key",
];

/**
 * Fields in which known clients send a credential. None of them is forwarded, whichever field the route uses, and none may
 * be set by a table. `credential_names.ts` lists those of particular services.
 */
export const CREDENTIAL_FIELDS: ReadonlySet<string> = new Set([
  "authorization",
  "proxy-authorization",
  ...KEY_FIELDS,
]);

/**
 * Fields that name the host or determine where a message ends. Only the service sets them: if a table could, a message
 * could contradict itself on either point, which is how request smuggling works (RFC 9112, section 11.2).
 */
export const FRAMING_FIELDS: ReadonlySet<string> = new Set(["content-length", "host", "transfer-encoding"]);

/** Reports whether a field belongs to the handshake of a WebSocket, which only the service writes: RFC 6455, section 11.3. */
export function isHandshakeField(name: string): boolean {
  return name.startsWith("sec-websocket-");
}
