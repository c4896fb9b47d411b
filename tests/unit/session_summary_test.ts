import { assertEquals } from "@std/assert";
import { sessionSummary } from "../../lib/sandbox/session_summary.ts";

Deno.test("sessionSummary() counts by route, by refusal and what was masked, and shows no path", () => {
  const entries = [
    { route: "/b/", status: 200, path: "/b/\u001b]0;title\u0007", bytes_up: 10, bytes_down: 1500, masked: 2 },
    { route: "/a/", status: 500, bytes_up: 0, bytes_down: 0 },
    { route: "/b/", status: 403, error: "not_allowed", bytes_up: 0, bytes_down: 90 },
    { status: 404, error: "no_route" },
    { status: 404, error: "no_route" },
  ];
  const log = entries.map((entry) => JSON.stringify(entry)).join("\n");
  assertEquals(sessionSummary(`${log}\n{"lost_lines":3}\n{"status":2`), [
    "/a/: 1 request, 0 B up, 0 B down, 1 failed",
    "/b/: 2 requests, 10 B up, 1.6 kB down, 1 failed",
    "refused: 3 requests (2 × no_route, 1 × not_allowed)",
    "masked: 2 secrets in responses",
  ]);
  assertEquals(sessionSummary(""), ["nothing was asked of the proxy"]);
  assertEquals(sessionSummary(JSON.stringify({ route: "/a/", status: 200 })), [
    "/a/: 1 request, 0 B up, 0 B down",
    "refused: nothing",
    "masked: nothing",
  ]);
});
