import { assertEquals } from "@std/assert";
import { BoundedMap } from "../../lib/core/bounded_map.ts";

Deno.test("BoundedMap forgets its oldest entry when it is full, and none when one is replaced", () => {
  const map = new BoundedMap<string, number>(2);
  map.set("a", 1).set("b", 2).set("a", 3);
  assertEquals([...map], [["a", 3], ["b", 2]]);
  map.set("c", 4);
  assertEquals([...map], [["b", 2], ["c", 4]]);
});
