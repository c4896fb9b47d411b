/**
 * The syntax of a message head: RFC 9110, section 5.6, and RFC 9112, section 5.
 *
 * @module
 */

/** The source of a regular expression for `tchar`, one character of a token: RFC 9110, section 5.6.2. */
export const TCHAR = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]";

const TOKEN = new RegExp(`^${TCHAR}+$`);

/** Reports whether a string is a `token`, like a method, field name or scheme: RFC 9110, section 5.6.2. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/**
 * A received field line: the name in lower case and the value without surrounding whitespace, both with one character
 * per byte.
 */
export type FieldLine = readonly [name: string, value: string];
