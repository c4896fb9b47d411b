import { assertEquals } from "@std/assert";
import { Sessions } from "../../lib/proxy/websocket/sessions.ts";

Deno.test("Sessions drains those that are open, and those that are added later in what is left of the time", async () => {
  const sessions = new Sessions();
  const limits: number[] = [];
  const session = () => ({ drain: (limitMs: number) => void limits.push(limitMs) });
  const [open, ended] = [session(), session()];
  sessions.add(open);
  sessions.add(ended);
  sessions.delete(ended);
  assertEquals([sessions.size, limits], [1, []]);
  sessions.drain(10_000);
  assertEquals(limits, [10_000]);
  await new Promise((resolve) => setTimeout(resolve, 5));
  sessions.add(session());
  assertEquals([sessions.size, limits.length, limits[1]! < 10_000, limits[1]! > 0], [2, 2, true, true]);
});
