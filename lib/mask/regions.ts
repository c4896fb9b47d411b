import type { Form } from "./form.ts";
import { COMMON_LINE_BREAKS } from "./line_breaks.ts";
import { spelledEnds } from "./spellings.ts";

/** Some bytes that stand at one side of a form, by which it is found. */
export interface Region {
  /** One byte per character. */
  readonly bytes: string;
  /** The side of the form at which they stand. */
  readonly side: "start" | "end";
}

/**
 * Yields the regions by which a form is found in content, however it is spelled: its last bytes in every spelling, and
 * where lines may be broken, its first ones as well, since a break leaves one of the two as it is.
 *
 * The last bytes come first for a reason: they tell nothing to those who know how a secret begins, as many do.
 *
 * @param length The length of each region, in bytes; at most that of the form.
 */
export function* regionsOf(form: Form, length: number): Generator<Region> {
  const text = form.reveal();
  for (const bytes of spelledEnds(text, { length, side: "end" })) {
    yield { bytes, side: "end" };
  }
  if (!form.wraps) return;
  for (const bytes of spelledEnds(text, { length, side: "start" })) {
    yield { bytes, side: "start" };
  }
  // In a short form, a break in its middle touches both.
  for (let at = Math.max(1, text.length - length + 1); at < length; at++) {
    for (const lineBreak of COMMON_LINE_BREAKS) {
      yield { bytes: (text.slice(0, at) + lineBreak + text.slice(at)).slice(-length), side: "end" };
    }
  }
}
