import { assert, assertEquals } from "@std/assert";
import { type LogEntry, RequestLog } from "../../lib/log/request_log.ts";
import { CLIENT_INFO } from "../support/client_info.ts";

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
