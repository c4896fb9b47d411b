/**
 * The fields that never travel through, and the syntax of a field.
 *
 * All names are in lower case, since that is how the runtime gives the agent's and how we compare the upstream's.
 *
 * @module
 */

/**
 * Fields that belong to one connection only: RFC 9110, section 7.6.1, and those that older agents treat so.
 *
 * `expect` is here because the runtime has answered `100-continue` itself by the time a body is read, and `trailer`
 * because trailers do not pass.
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

/** Fields in which known clients send a credential. None of them passes, whatever the route's own is called. */
export const CREDENTIAL_FIELDS: ReadonlySet<string> = new Set([
  "api-key",
  "authorization",
  "proxy-authorization",
  "x-api-key",
  "x-goog-api-key",
]);

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Whether a text is a `token`, as methods, field names and schemes are: RFC 9110, section 5.6.2. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

const FIELD_VALUE = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/;

/** Whether a text, a byte a character, is a `field-value`: RFC 9110, section 5.5. */
export function isFieldValue(text: string): boolean {
  return FIELD_VALUE.test(text);
}
