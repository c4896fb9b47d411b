import { assertEquals } from "@std/assert";
import { failureSink } from "../../lib/log/failure_sink.ts";
import { entryOf } from "../support/log_entry.ts";

Deno.test("failureSink() writes failures only, each cause at most once per second, and counts those it omits", () => {
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

Deno.test("failureSink() writes each of several causes, but not a line for whatever a client makes up", () => {
  const lines: string[] = [];
  const sink = failureSink((line) => lines.push(line));
  for (const cause of ["Refused", "Reset", "Refused", "Reset", "Withheld"]) {
    sink(entryOf({ time: 0, cause }));
  }
  assertEquals(lines, [
    "GET /a/b failed: Refused",
    "GET /a/b failed: Reset",
    "GET /a/b failed: Withheld; 2 more failure(s) since the last line",
  ]);
  for (let cause = 0; cause < 100; cause++) {
    sink(entryOf({ time: 1, cause: `${cause}` }));
  }
  assertEquals(lines.length, 8);
  sink(entryOf({ time: 1000, cause: "0" }));
  assertEquals(lines.slice(8), [
    "GET /a/b failed: 0; 95 more failure(s) since the last line",
  ]);
});
