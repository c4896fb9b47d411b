/**
 * Fields by the role that they play, all in lower case: that is how the runtime hands over the client's, and how the
 * upstream's are read.
 *
 * @module
 */

/**
 * Fields that belong to one connection only: RFC 9110, section 7.6.1, and those that older clients treat as such.
 *
 * `expect` is here because the runtime has sent `100-continue` itself by the time a body is read, and `trailer` because
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

/** Fields whose whole value is a key. */
export const KEY_FIELDS: readonly string[] = ["x-api-key", "x-goog-api-key", "api-key"];

/** Fields in which known clients send a credential. None of them is forwarded, whichever field the route uses. */
export const CREDENTIAL_FIELDS: ReadonlySet<string> = new Set([
  "authorization",
  "proxy-authorization",
  ...KEY_FIELDS,
]);

/**
 * Fields that name the host and say where a message ends. Only the service sets them: a table that could would put two
 * answers to either question on the wire, which is how request smuggling works (RFC 9112, section 11.2).
 */
export const FRAMING_FIELDS: ReadonlySet<string> = new Set(["content-length", "host", "transfer-encoding"]);
