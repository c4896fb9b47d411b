/**
 * The syntax of a message head: RFC 9110, section 5.6, and RFC 9112, section 5.
 *
 * @module
 */

/** The source of a regular expression for `tchar`, one character of a token: RFC 9110, section 5.6.2. */
export const TCHAR = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]";

const TOKEN = new RegExp(`^${TCHAR}+$`);

/** Whether a text is a `token`, as methods, field names and schemes are: RFC 9110, section 5.6.2. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/**
 * A field line as it was received: the name in lower case, the value without the white space around it, one character
 * per byte in both.
 */
export type FieldLine = readonly [name: string, value: string];
