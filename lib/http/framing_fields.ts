/**
 * Fields that say which host is meant and where a message ends. The service alone sets them: a table that could would
 * have two answers to either question on the wire, which is what request smuggling is made of (RFC 9112, section 11.2).
 */
export const FRAMING_FIELDS: ReadonlySet<string> = new Set(["content-length", "host", "transfer-encoding"]);
