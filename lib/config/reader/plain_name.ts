/**
 * Tells names that a person wrote from keys that a machine made.
 *
 * Keys (`ghp_…`, `sk-ant-…`, `AKIA…`) are spelled like names, and sooner or later one is pasted where a name belongs.
 * A key has a long word, between `_` and `-`, with digits in it. A name mistaken for a key costs a clear message; a key
 * mistaken for a name is printed.
 *
 * @module
 */

/** The longest name that a message quotes, in characters. */
export const NAME_LIMIT = 64;

/** Letters, digits, `_` and `-`, as in names of fields, variables and schemes. */
const NAME = /^\$?[A-Za-z_][A-Za-z0-9_-]*$/;

/** Whether a text is a name that is safe to print. */
export function isPlainName(text: string): boolean {
  return text.length <= NAME_LIMIT && NAME.test(text) && !looksLikeKey(text);
}

/** Whether a text holds a word that is more likely part of a key. */
export function looksLikeKey(text: string): boolean {
  return text.split(/[-_]/).some((word) => word.length > 32 || (word.length >= 16 && /\d/.test(word)));
}
