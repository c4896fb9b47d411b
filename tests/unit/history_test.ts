import { assertEquals } from "@std/assert";
import { History, MINUTES } from "../../lib/admin/history.ts";
import { entryOf } from "../support/log_entry.ts";

const MINUTE = 60_000;
const START = 1_000_000 * MINUTE;

Deno.test("History counts the last hour by minute and by route, and drops what is older", () => {
  const history = new History();
  history.record(entryOf({ bytesUp: 1 }), START);
  history.record(entryOf({ status: 404, error: "no_route", route: undefined }), START + MINUTE - 1);
  history.record(entryOf({ method: "POST", bytesUp: 2, bytesDown: 3 }), START + 59 * MINUTE);
  history.record(entryOf({ method: "BREW", status: 503 }), START + 59 * MINUTE);

  const now = START + 59 * MINUTE + 30_000;
  const minutes = history.minutes(now);
  assertEquals(minutes.length, MINUTES);
  assertEquals(minutes[0]?.counts, { served: 1, refused: 1, failed: 0 });
  assertEquals(minutes[58]?.counts, { served: 0, refused: 0, failed: 0 });
  assertEquals(minutes[59]?.counts, { served: 1, refused: 0, failed: 1 });
  assertEquals(minutes[59]?.delays?.count, 2);

  const routes = history.routes(now);
  assertEquals([...routes.keys()], ["/a/", ""]);
  const sum = routes.get("/a/");
  assertEquals([...sum?.methods ?? []], [["GET", 1], ["POST", 1], ["other", 1]]);
  assertEquals([sum?.bytesUp, sum?.bytesDown], [3, 27]);

  // A minute later the first one is gone, and the new minute uses its slot.
  assertEquals(history.routes(now + MINUTE).get("/a/")?.methods.has("GET"), false);
  history.record(entryOf(), START + 60 * MINUTE);
  assertEquals(history.minutes(now + MINUTE).at(-1)?.counts.served, 1);
  assertEquals(history.minutes(now + 200 * MINUTE).every(({ delays }) => delays?.count === 0), true);
});
