import { assertEquals } from "@std/assert";
import { fateOf, History, MINUTES } from "../../lib/admin/history.ts";
import { Recent } from "../../lib/admin/recent.ts";
import { entryOf } from "../support/log_entry.ts";

const MINUTE = 60_000;
const START = 1_000_000 * MINUTE;

Deno.test("fateOf() tells an answer from a refusal, and both from a failure", () => {
  const cases: [entry: Parameters<typeof entryOf>[0], fate: string][] = [
    [{ status: 200 }, "answered"],
    [{ status: 404 }, "answered"],
    [{ status: 200, outcome: "client_aborted" }, "answered"],
    [{ status: 404, error: "no_route" }, "refused"],
    [{ status: 500, error: "token_unset" }, "refused"],
    [{ status: 503, error: "overloaded" }, "refused"],
    [{ status: 502, error: "upstream_failed" }, "failed"],
    [{ status: 504, error: "upstream_timeout" }, "failed"],
    [{ status: 500, error: "internal" }, "failed"],
    [{ status: 503 }, "failed"],
    [{ status: 200, outcome: "upstream_aborted" }, "failed"],
  ];
  for (const [entry, fate] of cases) assertEquals(fateOf(entryOf(entry)), fate, JSON.stringify(entry));
});

Deno.test("History tells the last hour by minute and by route, and forgets what is older", () => {
  const history = new History();
  history.record(entryOf({ bytesUp: 1 }), START);
  history.record(entryOf({ status: 404, error: "no_route", route: undefined }), START + MINUTE - 1);
  history.record(entryOf({ method: "POST", bytesUp: 2, bytesDown: 3 }), START + 59 * MINUTE);
  history.record(entryOf({ method: "BREW", status: 503 }), START + 59 * MINUTE);

  const now = START + 59 * MINUTE + 30_000;
  const minutes = history.minutes(now);
  assertEquals(minutes.length, MINUTES);
  assertEquals(minutes[0]?.fates, { answered: 1, refused: 1, failed: 0 });
  assertEquals(minutes[58]?.fates, { answered: 0, refused: 0, failed: 0 });
  assertEquals(minutes[59]?.fates, { answered: 1, refused: 0, failed: 1 });
  assertEquals(minutes[59]?.delays.count, 2);

  const routes = history.routes(now);
  assertEquals([...routes.keys()], ["/a/", ""]);
  const sum = routes.get("/a/");
  assertEquals([...sum?.methods ?? []], [["GET", 1], ["POST", 1], ["other", 1]]);
  assertEquals([sum?.bytesUp, sum?.bytesDown], [3, 27]);

  // A minute on, the first is gone; its place is taken by the minute that comes.
  assertEquals(history.routes(now + MINUTE).get("/a/")?.methods.has("GET"), false);
  history.record(entryOf(), START + 60 * MINUTE);
  assertEquals(history.minutes(now + MINUTE).at(-1)?.fates.answered, 1);
  assertEquals(history.minutes(now + 200 * MINUTE).every(({ delays }) => delays.count === 0), true);
});

Deno.test("Recent lists the last hundred, the latest first", () => {
  const recent = new Recent();
  assertEquals(recent.list(), []);
  for (let at = 1; at <= 250; at++) recent.record(entryOf({ path: `/${at}` }));
  const paths = recent.list().map(({ path }) => path);
  assertEquals([paths.length, paths[0], paths[1], paths[99]], [100, "/250", "/249", "/151"]);
});

Deno.test("Recent keeps no more than the beginning of a long path", () => {
  const recent = new Recent();
  recent.record(entryOf({ path: `/${"x".repeat(5000)}` }));
  assertEquals(recent.list()[0]?.path.length, 300);
});
