import { assertEquals } from "@std/assert";
import { failureSink } from "../../lib/log/failure_sink.ts";
import { entryOf } from "../support/log_entry.ts";

Deno.test("failureSink() writes failures only, at most one per second, and counts those it omits", () => {
  const lines: string[] = [];
  const sink = failureSink((line) => lines.push(line));
  sink(entryOf());
  sink(entryOf({ status: 404, error: "no_route" }));
  assertEquals(lines, []);
  for (const time of [0, 1, 999, 1000, 1001, 2500]) sink(entryOf({ time, cause: "Refused" }));
  assertEquals(lines, [
    "GET /a/b failed: Refused",
    "GET /a/b failed: Refused; 2 more failure(s) since the last line",
    "GET /a/b failed: Refused; 1 more failure(s) since the last line",
  ]);
});
