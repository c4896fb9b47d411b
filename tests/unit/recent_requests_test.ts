import { assertEquals } from "@std/assert";
import { RecentRequests } from "../../lib/admin/recent_requests.ts";
import { entryOf } from "../support/log_entry.ts";

Deno.test("RecentRequests lists the last five hundred requests, newest first", () => {
  const recent = new RecentRequests();
  assertEquals(recent.list(), []);
  for (let at = 1; at <= 1250; at++) recent.record(entryOf({ path: `/${at}` }));
  const paths = recent.list().map(({ path }) => path);
  assertEquals([paths.length, paths[0], paths[1], paths[499]], [500, "/1250", "/1249", "/751"]);
});

Deno.test("RecentRequests keeps only the beginning of a long path", () => {
  const recent = new RecentRequests();
  recent.record(entryOf({ path: `/${"x".repeat(5000)}` }));
  assertEquals(recent.list()[0]?.path.length, 300);
});
