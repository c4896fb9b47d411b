import { assert, assertEquals } from "@std/assert";
import { type LogEntry, RequestLog } from "../../lib/log/request_log.ts";
import { CLIENT_INFO } from "../support/client_info.ts";

/** As much of a request as a log entry holds. */
function requestOf(method: string, fields: Record<string, string> = {}): Pick<Request, "method" | "headers"> {
  return { method, headers: new Headers(fields) };
}

Deno.test("RequestLog passes each ended request to every sink, with its outcome and duration", () => {
  const seen: LogEntry[][] = [[], []];
  const log = new RequestLog(seen.map((list) => (entry) => list.push(entry)));
  const before = Date.now();
  const entry = log.begin(requestOf("PUT"), CLIENT_INFO);
  assertEquals([entry.method, entry.path, entry.status, entry.outcome], ["PUT", "", 0, "complete"]);
  assertEquals(seen, [[], []]);
  log.end(entry, "upstream_aborted");
  assertEquals(seen, [[entry], [entry]]);
  assertEquals(entry.outcome, "upstream_aborted");
  assert(entry.time >= before && entry.durationMs >= 0 && entry.time + entry.durationMs <= Date.now() + 1);
});

Deno.test("RequestLog logs the client only where a sink wants it, and at most a line of it", () => {
  const request = requestOf("GET", { "x-claude-code-session-id": "s".repeat(999), "x-request-id": "r-1" });
  assertEquals(new RequestLog([]).begin(request, CLIENT_INFO).client, undefined);
  const log = new RequestLog([], true);
  assertEquals(log.begin(request, CLIENT_INFO).client, {
    address: "192.0.2.7:4711",
    session: "s".repeat(128),
    requestId: "r-1",
    userAgent: undefined,
  });
  const bySocket = log.begin(requestOf("GET"), { remoteAddr: { transport: "unix", path: "/a.sock" } });
  assertEquals(bySocket.client, {
    address: "unix",
    session: undefined,
    requestId: undefined,
    userAgent: undefined,
  });
});

Deno.test("RequestLog gives no two requests the same name, not even in two processes", () => {
  const logs = [new RequestLog([]), new RequestLog([])];
  const names = logs.flatMap((log) => [1, 2].map(() => log.begin(requestOf("GET"), CLIENT_INFO).id));
  assertEquals(new Set(names).size, 4);
});
