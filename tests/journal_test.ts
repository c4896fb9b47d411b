import { assert, assertEquals } from "@std/assert";
import { type Entry, failureSink, Journal, jsonLine, readableLine } from "../lib/journal.ts";

/** A request that went well, but for what the test says. */
function entryOf(differences: Partial<Entry> = {}): Entry {
  return {
    time: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    method: "GET",
    path: "/a/b",
    route: "/a/",
    status: 200,
    error: undefined,
    cause: undefined,
    reused: true,
    bytesDown: 12,
    durationMs: 34,
    outcome: "whole",
    ...differences,
  };
}

Deno.test("Journal gives each ended request to every sink, with its outcome and how long it took", () => {
  const seen: Entry[][] = [[], []];
  const journal = new Journal(seen.map((list) => (entry) => list.push(entry)));
  const before = Date.now();
  const entry = journal.begin("PUT");
  assertEquals([entry.method, entry.path, entry.status, entry.outcome], ["PUT", "", 0, "whole"]);
  assertEquals(seen, [[], []]);
  journal.end(entry, "broken");
  assertEquals(seen, [[entry], [entry]]);
  assertEquals(entry.outcome, "broken");
  assert(entry.time >= before && entry.durationMs >= 0 && entry.time + entry.durationMs <= Date.now());
});

Deno.test("readableLine() tells what happened in one line", () => {
  const cases: [differences: Partial<Entry>, line: string][] = [
    [{}, "GET /a/b → 200 34 ms 12 bytes route /a/ reused connection"],
    [
      { reused: false, outcome: "left" },
      "GET /a/b → 200 client left 34 ms 12 bytes route /a/ new connection",
    ],
    [{ outcome: "broken" }, "GET /a/b → 200 broken off 34 ms 12 bytes route /a/ reused connection"],
    [
      { path: "", route: undefined, status: 400, error: "bad_request", reused: undefined, bytesDown: 0 },
      "GET - → 400 bad_request 34 ms 0 bytes",
    ],
    [
      { status: 502, error: "upstream_failed", cause: "BadResponse: x", reused: undefined, bytesDown: 0 },
      "GET /a/b → 502 upstream_failed 34 ms 0 bytes route /a/ (BadResponse: x)",
    ],
    [{ status: 0 }, "GET /a/b → - 34 ms 12 bytes route /a/ reused connection"],
  ];
  for (const [differences, line] of cases) assertEquals(readableLine(entryOf(differences)), line);
});

Deno.test("jsonLine() tells the same to machines, and leaves out what there is not", () => {
  assertEquals(JSON.parse(jsonLine(entryOf())), {
    time: "2026-01-02T03:04:05.678Z",
    method: "GET",
    path: "/a/b",
    route: "/a/",
    status: 200,
    outcome: "whole",
    duration_ms: 34,
    bytes_down: 12,
    upstream_reused: true,
  });
  const failed = jsonLine(
    entryOf({ status: 502, error: "upstream_failed", cause: 'a "b"\n', reused: undefined }),
  );
  assert(!failed.includes("\n"));
  const { error, cause, upstream_reused } = JSON.parse(failed);
  assertEquals([error, cause, upstream_reused], ["upstream_failed", 'a "b"\n', undefined]);
});

Deno.test("failureSink() tells failures only, once in a second, and how many it left out", () => {
  const lines: string[] = [];
  const sink = failureSink((line) => lines.push(line));
  sink(entryOf());
  sink(entryOf({ status: 404, error: "no_route" }));
  assertEquals(lines, []);
  for (const time of [0, 1, 999, 1000, 1001, 2500]) sink(entryOf({ time, cause: "Refused" }));
  assertEquals(lines, [
    "GET /a/b failed: Refused",
    "GET /a/b failed: Refused; 2 more since the last line",
    "GET /a/b failed: Refused; 1 more since the last line",
  ]);
});
