/**
 * Quotes a text as one word of a POSIX shell, unless it holds no special character.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(shellQuote("http://h/a/"), "http://h/a/");
 * assertEquals(shellQuote("http://h/it's/"), "'http://h/it'\\''s/'");
 * ```
 */
export function shellQuote(text: string): string {
  return /^[A-Za-z0-9_\-./:@%+=,]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
