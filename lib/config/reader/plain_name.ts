/**
 * A heuristic that distinguishes names written by people from generated keys.
 *
 * Keys (`ghp_…`, `sk-ant-…`, `AKIA…`) are valid names, and sooner or later one is pasted where a name belongs. A key
 * contains a long word, delimited by `_` or `-`, with digits in it. The cost of mistaking a name for a key is a less
 * clear message; a key mistaken for a name is printed.
 *
 * @module
 */

/** The maximum length of a name that a message quotes, in characters. */
export const NAME_LIMIT = 64;

/** Letters, digits, `_` and `-`, as in the names of fields, variables and schemes. */
const NAME = /^\$?[A-Za-z_][A-Za-z0-9_-]*$/;

/** Reports whether a string is a name that is safe to print. */
export function isPlainName(text: string): boolean {
  return text.length <= NAME_LIMIT && NAME.test(text) && !looksLikeKey(text);
}

/** Reports whether a string contains a word that is more likely part of a key. */
export function looksLikeKey(text: string): boolean {
  return text.split(/[-_]/).some((word) => word.length > 32 || (word.length >= 16 && /\d/.test(word)));
}
