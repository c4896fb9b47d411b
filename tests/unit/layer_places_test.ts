import { assertEquals } from "@std/assert";
import { LayerPlaces } from "../../lib/coding/layer_places.ts";

Deno.test("LayerPlaces returns the last place that is decoded to no more than what is asked for", () => {
  const places = new LayerPlaces();
  assertEquals(places.codedFor(0), 0);
  places.add({ coded: 2_000, layer: 0 });
  assertEquals(places.codedFor(0), 2_000);
  places.add({ coded: 4_000, layer: 50 });
  places.add({ coded: 6_000, layer: 90 });
  assertEquals([49, 50, 89, 90, 91].map((layer) => places.codedFor(layer)), [
    2_000,
    4_000,
    4_000,
    6_000,
    6_000,
  ]);
});

Deno.test("LayerPlaces knows the last place exactly, and others only where a kibibyte of coded content is between them", () => {
  const places = new LayerPlaces();
  for (let at = 1; at <= 3_000; at++) places.add({ coded: at, layer: at });
  assertEquals([1_023, 1_024, 2_047, 2_048, 2_999, 3_000].map((layer) => places.codedFor(layer)), [
    ...[0, 1_024, 1_024, 2_048, 2_048, 3_000],
  ]);
});
