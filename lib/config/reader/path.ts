/**
 * How a problem names its place, without printing what could be a secret in the wrong spot.
 *
 * @module
 */

/** Longer names than this are none that a person wrote. */
const NAME_LIMIT = 64;

/** Letters, digits, `_` and `-`: what names of fields, variables and schemes are made of. */
const NAME = /^\$?[A-Za-z_][A-Za-z0-9_-]*$/;

/**
 * Whether a text is a name that a person gave rather than a key that a machine made.
 *
 * Keys (`ghp_…`, `sk-ant-…`, `AKIA…`) are spelled like names, and sooner or later one is pasted where a name belongs.
 * What tells them apart is a long word, between `_` and `-`, with digits in it. A name that is taken for a key costs a
 * clear message; a key that is taken for a name is printed.
 */
export function isPlainName(text: string): boolean {
  return text.length <= NAME_LIMIT && NAME.test(text) && !looksLikeKey(text);
}

/** Whether a text holds a word that is more likely a part of a key: see {@linkcode isPlainName}. */
export function looksLikeKey(text: string): boolean {
  return text.split(/[-_]/).some((word) => word.length > 32 || (word.length >= 16 && /\d/.test(word)));
}

/** The place of a member of an object: `routes[0].path`, `routes[0].set_headers["x-team"]`. */
export function memberPath(object: string, name: string): string {
  if (!isPlainName(name)) return `${object}[a name that is not shown]`;
  if (name.includes("-")) return `${object}["${name}"]`;
  return object === "" ? name : `${object}.${name}`;
}

/** What was found, for the end of a message: the text itself only where it is as harmless as a name, host or number. */
export function found(text: string): string {
  return text.length <= NAME_LIMIT && /^[\w.:[\]-]*$/.test(text) && !looksLikeKey(text)
    ? `got ${JSON.stringify(text)}`
    : "the value is not shown";
}
