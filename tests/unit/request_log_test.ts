import { assert, assertEquals } from "@std/assert";
import { failureSink, jsonLine, type LogEntry, readableLine, RequestLog } from "../../lib/log/request_log.ts";
import { CLIENT_INFO } from "../support/client_info.ts";
import { entryOf } from "../support/log_entry.ts";

/** As much of a request as a record tells. */
function requestOf(method: string, fields: Record<string, string> = {}): Pick<Request, "method" | "headers"> {
  return { method, headers: new Headers(fields) };
}

Deno.test("RequestLog gives each ended request to every sink, with its outcome and how long it took", () => {
  const seen: LogEntry[][] = [[], []];
  const journal = new RequestLog(seen.map((list) => (entry) => list.push(entry)));
  const before = Date.now();
  const entry = journal.begin(requestOf("PUT"), CLIENT_INFO);
  assertEquals([entry.method, entry.path, entry.status, entry.outcome], ["PUT", "", 0, "complete"]);
  assertEquals(seen, [[], []]);
  journal.end(entry, "upstream_aborted");
  assertEquals(seen, [[entry], [entry]]);
  assertEquals(entry.outcome, "upstream_aborted");
  assert(entry.time >= before && entry.durationMs >= 0 && entry.time + entry.durationMs <= Date.now() + 1);
});

Deno.test("RequestLog tells who asked only where a sink wants it, and no more than a line of it", () => {
  const request = requestOf("GET", { "x-claude-code-session-id": "s".repeat(999), "x-request-id": "r-1" });
  assertEquals(new RequestLog([]).begin(request, CLIENT_INFO).client, undefined);
  const journal = new RequestLog([], true);
  assertEquals(journal.begin(request, CLIENT_INFO).client, {
    address: "192.0.2.7:4711",
    session: "s".repeat(128),
    requestId: "r-1",
  });
  const bySocket = journal.begin(requestOf("GET"), { remoteAddr: { transport: "unix", path: "/a.sock" } });
  assertEquals(bySocket.client, { address: "unix", session: undefined, requestId: undefined });
});

Deno.test("RequestLog names no two requests alike, nor two processes' requests", () => {
  const journals = [new RequestLog([]), new RequestLog([])];
  const names = journals.flatMap((journal) =>
    [1, 2].map(() => journal.begin(requestOf("GET"), CLIENT_INFO).id)
  );
  assertEquals(new Set(names).size, 4);
});

Deno.test("readableLine() tells what happened in one line", () => {
  const cases: [differences: Partial<LogEntry>, line: string][] = [
    [{}, "GET /a/b → 200 34 ms 12 bytes route /a/ reused connection"],
    [
      { reused: false, outcome: "client_aborted" },
      "GET /a/b → 200 client left 34 ms 12 bytes route /a/ new connection",
    ],
    [{ outcome: "upstream_aborted" }, "GET /a/b → 200 broken off 34 ms 12 bytes route /a/ reused connection"],
    [
      { path: "", route: undefined, status: 400, error: "bad_request", reused: undefined, bytesDown: 0 },
      "GET - → 400 bad_request 34 ms 0 bytes",
    ],
    [
      { status: 502, error: "upstream_failed", cause: "BadResponse: x", reused: undefined, bytesDown: 0 },
      "GET /a/b → 502 upstream_failed 34 ms 0 bytes route /a/ (BadResponse: x)",
    ],
    [{ bytesUp: 9 }, "GET /a/b → 200 34 ms 9 bytes up, 12 bytes route /a/ reused connection"],
    [{ durationMs: 33.6 }, "GET /a/b → 200 34 ms 12 bytes route /a/ reused connection"],
    [{ status: 0 }, "GET /a/b → - 34 ms 12 bytes route /a/ reused connection"],
  ];
  for (const [differences, line] of cases) assertEquals(readableLine(entryOf(differences)), line);
});

Deno.test("jsonLine() tells the same to machines, and leaves out what there is not", () => {
  const client = { address: "192.0.2.7:4711", session: "s-1", requestId: "r-1" };
  assertEquals(JSON.parse(jsonLine(entryOf({ client, bytesUp: 9 }))), {
    time: "2026-01-02T03:04:05.678Z",
    request_id: "0f0f0f0f-1",
    method: "GET",
    path: "/a/b",
    route: "/a/",
    status: 200,
    outcome: "complete",
    duration_ms: 34,
    first_byte_ms: 30,
    bytes_up: 9,
    bytes_down: 12,
    upstream: "api.test",
    upstream_reused: true,
    client: "192.0.2.7:4711",
    session_id: "s-1",
    client_request_id: "r-1",
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
