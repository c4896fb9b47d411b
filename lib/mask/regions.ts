import type { Form } from "./form.ts";
import { COMMON_LINE_BREAKS } from "./line_breaks.ts";
import { spelledEnds } from "./spellings.ts";

/** The length of the shortest lines that base64 is wrapped to, in characters. */
const SHORTEST_LINE = 60;

/** Some bytes that stand in a form, by which it is found. */
export interface Region {
  /** One byte per character. */
  readonly bytes: string;
  /** Where they stand in the form: at its start, at its end, or right before one of its characters. */
  readonly place: "start" | "end" | number;
}

/**
 * Yields the regions by which a form is found in content, however it is spelled: its last bytes in every spelling, and
 * where lines may be broken, its first ones as well, and those after them, since breaks leave one of these as it is.
 *
 * The last bytes come first for a reason: they tell nothing to those who know how a secret begins, as many do.
 *
 * @param length The length of each region, in bytes; at most that of the form.
 */
export function* regionsOf(form: Form, length: number): Generator<Region> {
  const text = form.reveal();
  for (const bytes of spelledEnds(text, { length, side: "end" })) {
    yield { bytes, place: "end" };
  }
  if (!form.wraps) return;
  for (const bytes of spelledEnds(text, { length, side: "start" })) {
    yield { bytes, place: "start" };
  }
  // Of several breaks in a long form one may touch its start and another its end. None touches both its start and what
  // follows that, as lines are longer than the two together.
  if (text.length > SHORTEST_LINE) {
    const before = 2 * length;
    for (const bytes of spelledEnds(text.slice(0, before), { length, side: "end" })) {
      yield { bytes, place: before };
    }
  }
  // In a short form, a break in its middle touches both.
  for (let at = Math.max(1, text.length - length + 1); at < length; at++) {
    for (const lineBreak of COMMON_LINE_BREAKS) {
      yield { bytes: (text.slice(0, at) + lineBreak + text.slice(at)).slice(-length), place: "end" };
    }
  }
}
