import { assertEquals } from "@std/assert";
import { TokenHealths } from "../../lib/tokens/token_health.ts";

/** Records statuses, each with its second, and returns the lines, and the state after them. */
function after(...statuses: readonly (readonly [status: number, second: number])[]) {
  const lines: string[] = [];
  const health = new TokenHealths((line) => lines.push(line)).replace().of("/a/", "A_TOKEN");
  for (const [status, second] of statuses) health.record(status, second * 1000);
  const { acceptedAt, refusedAt, refusedSince } = health;
  return { lines, state: [acceptedAt, refusedAt, refusedSince] };
}

const BEGIN = "A_TOKEN is refused by the upstream of /a/ with 401";

Deno.test("a token that an upstream refuses is reported once when that begins, and once when it ends", () => {
  const { lines, state } = after([200, 1], [401, 2], [401, 3], [500, 4], [404, 5], [401, 6], [204, 32], [
    200,
    33,
  ]);
  assertEquals(lines, [BEGIN, "A_TOKEN is accepted again on /a/, after 30 s and 3 refused request(s)"]);
  assertEquals(state, [33_000, 6000, undefined]);
  assertEquals(after([401, 1]).state, [undefined, 1000, 1000]);
  assertEquals(after([401, 1], [200, 2]).lines, [
    BEGIN,
    "A_TOKEN is accepted again on /a/, after 1 s and 1 refused request(s)",
  ]);
});

Deno.test("a success or an unchanged resource means that a token is accepted, and a redirect does not", () => {
  for (const status of [200, 299, 304]) {
    assertEquals(after([401, 1], [status, 2]).state, [2000, 1000, undefined]);
  }
  for (const status of [300, 302, 303, 307]) {
    assertEquals(after([401, 1], [status, 2]).state, [undefined, 1000, 1000]);
  }
});

Deno.test("a single 403 does not mean that a token is refused, but three in a row do", () => {
  assertEquals(after([403, 1], [403, 2], [200, 3], [403, 4], [403, 5]).lines, []);
  assertEquals(after([403, 1], [404, 2], [403, 3], [403, 4]).lines, [BEGIN.replace("401", "403")]);
});

Deno.test("a token that is refused for some requests only does not fill the log", () => {
  const turns = Array.from({ length: 100 }, (_, second) => [second % 2 === 0 ? 401 : 200, second] as const);
  assertEquals(after(...turns).lines.length, 4);
  for (const [second, lines] of [[59.999, 2], [60, 3]] as const) {
    assertEquals(after([401, 0], [200, 1], [401, second]).lines.length, lines);
  }
});

Deno.test("what is known of a token outlives a reload, unless the table does not use it any more", () => {
  const lines: string[] = [];
  const healths = new TokenHealths((line) => lines.push(line));
  const first = healths.replace().of("/a/", "A_TOKEN");
  first.record(401);
  assertEquals(healths.replace().of("/a/", "A_TOKEN") === first, true);
  healths.replace().of("/a/", "B_TOKEN");
  assertEquals(healths.list().map(({ token }) => token), ["B_TOKEN"]);
});
