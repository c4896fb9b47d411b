import { assert, assertEquals } from "@std/assert";
import { jsonLine } from "../../lib/log/json_line.ts";
import { entryOf } from "../support/log_entry.ts";

Deno.test("jsonLine() writes an entry as JSON and omits undefined fields", () => {
  const client = { address: "192.0.2.7:4711", session: "s-1", requestId: "r-1", userAgent: "curl/8" };
  const sent = { token: "A_TOKEN#2", upstreamRequestId: "u-1" };
  const identity = { clientName: "coder", subject: "system:serviceaccount:a:b", pod: "b-1" };
  assertEquals(JSON.parse(jsonLine(entryOf({ client, ...identity, ...sent, bytesUp: 9 }))), {
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
    upstream_request_id: "u-1",
    token: "A_TOKEN#2",
    client: "coder",
    client_subject: "system:serviceaccount:a:b",
    client_pod: "b-1",
    client_address: "192.0.2.7:4711",
    session_id: "s-1",
    client_request_id: "r-1",
    user_agent: "curl/8",
  });
  const failed = jsonLine(
    entryOf({ status: 502, error: "upstream_failed", cause: 'a "b"\n', reused: undefined }),
  );
  assert(!failed.includes("\n"));
  const { error, cause, upstream_reused } = JSON.parse(failed);
  assertEquals([error, cause, upstream_reused], ["upstream_failed", 'a "b"\n', undefined]);
});
