import { assertEquals } from "@std/assert";
import { categoryOf } from "../../lib/admin/category.ts";
import { entryOf } from "../support/log_entry.ts";

Deno.test("categoryOf() distinguishes served, refused and failed requests", () => {
  const cases: [entry: Parameters<typeof entryOf>[0], category: string][] = [
    [{ status: 200 }, "served"],
    [{ status: 404 }, "served"],
    [{ status: 200, outcome: "client_aborted" }, "served"],
    [{ status: 404, error: "no_route" }, "refused"],
    [{ status: 500, error: "token_unset" }, "refused"],
    [{ status: 503, error: "overloaded" }, "refused"],
    [{ status: 502, error: "upstream_failed" }, "failed"],
    [{ status: 502, error: "upstream_tls_failed" }, "failed"],
    [{ status: 502, error: "upstream_reply_refused" }, "failed"],
    [{ status: 504, error: "upstream_timeout" }, "failed"],
    [{ status: 500, error: "internal" }, "failed"],
    [{ status: 503 }, "failed"],
    [{ status: 200, outcome: "upstream_aborted" }, "failed"],
  ];
  for (const [entry, category] of cases) {
    assertEquals(categoryOf(entryOf(entry)), category, JSON.stringify(entry));
  }
});
