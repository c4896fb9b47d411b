import { escapeAt, escapeBefore, escapedByte, escapeLength, MAX_ESCAPE } from "./escape.ts";
import type { Form, Match } from "./form.ts";
import { LINE_BREAKS } from "./line_breaks.ts";
import { NAMED_REFERENCES } from "./named_references.ts";

/**
 * Matches a form that ends at a position, with any of its characters escaped in any way, and lines broken anywhere.
 *
 * @returns Where it stands, or undefined if it does not.
 */
export function matchBefore(form: Form, bytes: Uint8Array, end: number): Match | undefined {
  const text = form.reveal();
  const equal = equalBefore(bytes, end, form.revealBytes());
  if (equal === text.length) {
    return { from: end - equal, to: withExtra(form, bytes, end) };
  }
  if (!isMarkedBefore(bytes, end - equal, form)) {
    return undefined;
  }
  const from = beginBefore(form, bytes, { end, count: text.length });
  return from === undefined ? undefined : { from, to: withExtra(form, bytes, end) };
}

/** Matches a form of which a character, by its index, may begin at a position, as {@linkcode matchBefore} does. */
export function matchAround(
  form: Form,
  bytes: Uint8Array,
  { at, index }: { at: number; index: number },
): Match | undefined {
  const from = beginBefore(form, bytes, { end: at, count: index });
  const to = from === undefined ? undefined : endAfter(form, bytes, { begin: at, first: index });
  return from === undefined || to === undefined ? undefined : { from, to: withExtra(form, bytes, to) };
}

/** Returns where the first characters of a form begin that end at a position, or undefined if they do not. */
function beginBefore(
  form: Form,
  bytes: Uint8Array,
  { end, count }: { end: number; count: number },
): number | undefined {
  const text = form.reveal();
  let ends = [end];
  for (let index = count - 1; index >= 0; index--) {
    const byte = text.charCodeAt(index);
    const befores: number[] = [];
    for (const end of ends) {
      addBefores(bytes, { byte, end }, befores);
      if (!form.wraps || index === count - 1) continue;
      for (const lineBreak of LINE_BREAKS) {
        const before = end - lineBreak.length;
        if (standsAt(bytes, before, lineBreak)) addBefores(bytes, { byte, end: before }, befores);
      }
    }
    if (befores.length === 0) return undefined;
    ends = befores;
  }
  return Math.min(...ends);
}

/** Adds where a character may begin that ends at a position. */
function addBefores(
  bytes: Uint8Array,
  { byte, end }: { byte: number; end: number },
  to: number[],
): void {
  if (bytes[end - 1] === byte) add(to, end - 1);
  if (bytes[end - 2] === BACKSLASH && bytes[end - 1] === byte && isPunctuation(byte)) add(to, end - 2);
  if (byte === SPACE && bytes[end - 1] === PLUS) add(to, end - 1);
  const escape = escapeBefore(bytes, end);
  if (escape !== 0 && escapedByte(escape) === byte) {
    add(to, end - escapeLength(escape));
  }
  // `%25` before two digits is also the end of nothing, but the beginning of an escape that is encoded twice.
  if (byte === PERCENT && standsAt(bytes, end - 3, "%25")) {
    add(to, end - 3);
  }
  const name = NAMES.get(byte);
  if (name !== undefined && standsAt(bytes, end - name.length, name)) add(to, end - name.length);
}

/** Matches a form that begins at a position, as {@linkcode matchBefore} does. */
export function matchAfter(form: Form, bytes: Uint8Array, from: number): Match | undefined {
  const to = endAfter(form, bytes, { begin: from, first: 0 });
  return to === undefined ? undefined : { from, to: withExtra(form, bytes, to) };
}

/**
 * Returns where a form ends of which a character, by its index, begins at a position; undefined if it does not. Only base64,
 * whose lines may be broken, is matched from its beginning.
 */
function endAfter(
  form: Form,
  bytes: Uint8Array,
  { begin, first }: { begin: number; first: number },
): number | undefined {
  const text = form.reveal();
  let at = begin;
  for (let index = first; index < text.length; index++) {
    const byte = text.charCodeAt(index);
    const after = afterAt(bytes, byte, at) ?? afterBreak(bytes, byte, at);
    if (after === undefined) return undefined;
    at = after;
  }
  return at;
}

/** Returns where a character of base64 ends before which a line breaks at a position; undefined if it does not. */
function afterBreak(bytes: Uint8Array, byte: number, at: number): number | undefined {
  for (const lineBreak of LINE_BREAKS) {
    const after = standsAt(bytes, at, lineBreak) ? afterAt(bytes, byte, at + lineBreak.length) : undefined;
    if (after !== undefined) return after;
  }
  return undefined;
}

/** Returns where a character of base64 ends that begins at a position: its spellings begin differently. */
function afterAt(bytes: Uint8Array, byte: number, at: number): number | undefined {
  if (bytes[at] === byte) return at + 1;
  if (bytes[at] === BACKSLASH && bytes[at + 1] === byte && isPunctuation(byte)) return at + 2;
  const escape = escapeAt(bytes, at);
  if (escape !== 0 && escapedByte(escape) === byte) return at + escapeLength(escape);
  const name = NAMES.get(byte);
  return name !== undefined && standsAt(bytes, at, name) ? at + name.length : undefined;
}

/** Returns how many bytes before a position equal the last ones of a text. */
function equalBefore(bytes: Uint8Array, end: number, text: Uint8Array): number {
  const left = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const right = new DataView(text.buffer, text.byteOffset, text.length);
  const most = Math.min(text.length, end);
  const shift = end - text.length;
  let equal = 0;
  for (let at = text.length - 4; equal + 4 <= most; equal += 4, at -= 4) {
    if (left.getInt32(at + shift) !== right.getInt32(at)) break;
  }
  while (equal < most && bytes[end - 1 - equal] === text[text.length - 1 - equal]) equal++;
  return equal;
}

/**
 * Reports whether something other than a form's own characters may end at or before a position where they do. This keeps
 * the time linear for content that nearly is a form, such as a long run of one byte.
 */
function isMarkedBefore(bytes: Uint8Array, end: number, form: Form): boolean {
  if (MARKED.test(form.reveal())) return true;
  for (let at = Math.max(0, end - MAX_ESCAPE - 1); at < end; at++) {
    if (MARKS.has(bytes[at]!)) return true;
  }
  return false;
}

/** Bytes with which escapes and line breaks begin, and the plus that stands for a space. */
const MARKS: ReadonlySet<number> = new Set([0x25, 0x5c, 0x26, 0x2b, 0x0a, 0x0d]);
const MARKED = /[%\\&+\n\r]/;

const [PERCENT, PLUS, SPACE, BACKSLASH] = [0x25, 0x2b, 0x20, 0x5c];

/** HTML's named references, by byte. */
const NAMES: ReadonlyMap<number, string> = new Map(
  [...NAMED_REFERENCES].map(([char, name]) => [char.charCodeAt(0), name]),
);

function isPunctuation(byte: number): boolean {
  return (byte > 0x20 && byte < 0x30) || (byte > 0x39 && byte < 0x41) ||
    (byte > 0x5a && byte < 0x61) ||
    (byte > 0x7a && byte < 0x7f);
}

function add(to: number[], position: number): void {
  if (!to.includes(position)) to.push(position);
}

function standsAt(bytes: Uint8Array, at: number, text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (bytes[at + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}

/** Returns the end of a form, after the character that is masked too if it follows. */
function withExtra(form: Form, bytes: Uint8Array, end: number): number {
  const extra = form.revealExtra();
  if (extra === "") return end;
  return afterAt(bytes, extra.charCodeAt(0), end) ?? end;
}
