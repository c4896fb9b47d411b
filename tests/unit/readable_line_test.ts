import { assertEquals } from "@std/assert";
import { readableLine } from "../../lib/log/readable_line.ts";
import type { LogEntry } from "../../lib/log/request_log.ts";
import { entryOf } from "../support/log_entry.ts";

Deno.test("readableLine() describes a request in one line", () => {
  const cases: [differences: Partial<LogEntry>, line: string][] = [
    [{}, "03:04:05.678 GET /a/b → 200 34 ms 12 bytes down route /a/ reused connection"],
    [
      { reused: false, outcome: "client_aborted" },
      "03:04:05.678 GET /a/b → 200 client aborted 34 ms 12 bytes down route /a/ new connection",
    ],
    [
      { outcome: "upstream_aborted" },
      "03:04:05.678 GET /a/b → 200 upstream aborted 34 ms 12 bytes down route /a/ reused connection",
    ],
    [
      { path: "", route: undefined, status: 400, error: "bad_request", reused: undefined, bytesDown: 0 },
      "03:04:05.678 GET - → 400 bad_request 34 ms 0 bytes down",
    ],
    [
      { status: 502, error: "upstream_failed", cause: "BadResponse: x", reused: undefined, bytesDown: 0 },
      "03:04:05.678 GET /a/b → 502 upstream_failed 34 ms 0 bytes down route /a/ (BadResponse: x)",
    ],
    [
      { bytesUp: 9 },
      "03:04:05.678 GET /a/b → 200 34 ms 9 bytes up, 12 bytes down route /a/ reused connection",
    ],
    [{ durationMs: 33.6 }, "03:04:05.678 GET /a/b → 200 34 ms 12 bytes down route /a/ reused connection"],
    [
      { clientName: "coder" },
      "03:04:05.678 GET /a/b → 200 34 ms 12 bytes down route /a/ client coder reused connection",
    ],
    [{ status: 0 }, "03:04:05.678 GET /a/b → - 34 ms 12 bytes down route /a/ reused connection"],
  ];
  for (const [differences, line] of cases) assertEquals(readableLine(entryOf(differences)), line);
});
