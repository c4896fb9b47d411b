import { assert, assertEquals } from "@std/assert";
import { fairTurn } from "../../lib/core/fair_turn.ts";

Deno.test("fairTurn() lets others go first once a share of time is used up, and all who ask wait for the same turn", async () => {
  await new Promise((resolve) => setImmediate(resolve));
  let now = performance.now() + 1_000;
  let others = false;
  setImmediate(() => others = true);
  fairTurn(now);
  assertEquals(fairTurn(now + 0.5), undefined);
  now += 1.5;
  const turns = [fairTurn(now), fairTurn(now)];
  assert(turns[0] !== undefined && turns[0] === turns[1]);
  await turns[0];
  assert(others);
  assertEquals(fairTurn(performance.now()), undefined);
});
