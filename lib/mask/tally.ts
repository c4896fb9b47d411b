import type { Match } from "./form.ts";

/** What counts the places that were masked. */
export interface Tally {
  masked: number;
}

/** Returns the number of places: matches that overlap or are the same are one. */
export function placesOf(found: readonly Match[]): number {
  let [places, end] = [0, -1];
  for (const { from, to } of found.toSorted((left, right) => left.from - right.from)) {
    if (from >= end) places++;
    end = Math.max(end, to);
  }
  return places;
}
