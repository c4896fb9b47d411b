import { assertEquals } from "@std/assert";
import { Histogram } from "../../lib/metrics/histogram.ts";

Deno.test("Histogram counts a value in the first bucket whose bound is not below it", () => {
  const histogram = new Histogram([1, 2, 5]);
  for (const value of [0, 1, 1.5, 2, 5, 5.1, 99]) histogram.observe(value);
  assertEquals(histogram.counts, [2, 2, 1, 2]);
  assertEquals([histogram.count, histogram.sum], [7, 113.6]);
});

Deno.test("Histogram.quantile() assumes that values are spread evenly within a bucket", () => {
  const histogram = new Histogram([1, 2, 5]);
  assertEquals(histogram.quantile(0.5), undefined);
  for (let count = 0; count < 4; count++) histogram.observe(1.5);
  assertEquals([0, 0.25, 0.5, 1].map((share) => histogram.quantile(share)), [1, 1.25, 1.5, 2]);
  // A value above the last bound counts as that bound, since its size is not kept.
  histogram.observe(1000);
  assertEquals(histogram.quantile(1), 5);
  // An empty bucket contains no quantile.
  const split = new Histogram([1, 2, 5]);
  split.observe(0.5);
  split.observe(3);
  assertEquals([split.quantile(0.5), split.quantile(0.75)], [1, 3.5]);
});

Deno.test("Histogram.add() adds counts and sums", () => {
  const [one, other] = [new Histogram([1]), new Histogram([1])];
  one.observe(0.5);
  other.observe(0.25);
  other.observe(3);
  one.add(other);
  assertEquals([one.counts, one.sum], [[2, 1], 3.75]);
});
