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

Deno.test("RecentRequests lists requests as they were, whatever is recorded later", () => {
  const recent = new RecentRequests();
  const first = entryOf({ path: "/first", status: 429, error: "rate_limited", clientName: "ada", masked: 3 });
  recent.record(first);
  const before = recent.list();
  for (let at = 1; at <= 499; at++) recent.record(entryOf({ path: "/same" }));
  assertEquals(recent.list().at(-1), first);
  recent.record(entryOf({ path: "/same" }));
  assertEquals(before, [first]);
  // In the place of the first.
  assertEquals(recent.list()[0], entryOf({ path: "/same" }));
  assertEquals(recent.list().at(-1), entryOf({ path: "/same" }));
});

Deno.test("RecentRequests distinguishes long paths that begin alike", () => {
  const recent = new RecentRequests();
  const path = (end: string) => `/${"x".repeat(298)}${end}`;
  for (const end of ["a", "a", "bc", "bd", "a"]) recent.record(entryOf({ path: path(end) }));
  assertEquals(recent.list().map((entry) => entry.path.slice(-1)), ["a", "b", "b", "a", "a"]);
});
