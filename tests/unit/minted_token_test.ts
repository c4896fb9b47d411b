import { assertEquals, assertRejects } from "@std/assert";
import type { Clock } from "../../lib/core/clock.ts";
import { Secret } from "../../lib/core/secret.ts";
import { Refusal } from "../../lib/http/refusal.ts";
import { ChangeCounter } from "../../lib/tokens/change_counter.ts";
import { IssuerError } from "../../lib/tokens/issuer_error.ts";
import { MintedToken } from "../../lib/tokens/minted_token.ts";
import type { Minted, Minter } from "../../lib/tokens/minter.ts";

const MINUTE = 60_000;

/** A minted token with clocks and an issuer that the test controls. */
class Bench implements Minter, Clock {
  readonly name = "issuer";
  readonly lines: string[] = [];
  readonly token: MintedToken;
  now = 0;
  /** How much the wall clock was set forward, in milliseconds. */
  shift = 0;
  asked = 0;
  input: Secret | undefined = Secret.of("input");
  answer: () => Minted | Promise<Minted>;

  constructor(answer: () => Minted | Promise<Minted>, random = 0) {
    this.answer = answer;
    this.token = new MintedToken(this, {
      changes: new ChangeCounter(),
      report: (line) => this.lines.push(line),
      clock: this,
      random: () => random,
    });
  }

  wall = () => 1_000_000 + this.now + this.shift;
  ticks = () => this.now;
  inputs = () => [{ ref: { from: "variable", name: "INPUT", kind: "token" } as const, secret: this.input }];
  secrets = () => [];

  async mint(): Promise<Minted> {
    this.asked++;
    return await this.answer();
  }

  /** Returns the token that a request gets, or the code of its refusal. */
  async get(): Promise<string | undefined> {
    try {
      await this.token.ready();
      return this.token.current?.reveal();
    } catch (error) {
      if (error instanceof Refusal) return error.code;
      throw error;
    }
  }

  /** Returns what requests get at several times, in milliseconds. */
  async at(...times: readonly number[]): Promise<readonly (string | undefined)[]> {
    const got: (string | undefined)[] = [];
    for (const time of times) {
      this.now = time;
      got.push(await this.get());
      // A renewal in the background.
      await new Promise((resolve) => setTimeout(resolve));
    }
    return got;
  }
}

function numbered(lifeMs: number | undefined): () => Minted {
  let count = 0;
  return () => ({ token: Secret.of(`token-${++count}`), lifeMs });
}

Deno.test("a token is renewed when 80 % of its life is over, or five minutes before its end if that is later", async () => {
  const short = new Bench(numbered(10 * MINUTE));
  assertEquals(await short.at(0, 8 * MINUTE - 1, 8 * MINUTE, 8 * MINUTE + 1), [
    "token-1",
    "token-1",
    "token-1",
    "token-2",
  ]);
  const long = new Bench(numbered(60 * MINUTE));
  assertEquals(await long.at(0, 55 * MINUTE - 1, 55 * MINUTE, 55 * MINUTE + 1), [
    "token-1",
    "token-1",
    "token-1",
    "token-2",
  ]);
});

Deno.test("the jitter makes a renewal earlier, by at most a twentieth of the life and one minute", async () => {
  const short = new Bench(numbered(10 * MINUTE), 1);
  assertEquals(await short.at(0, 7.5 * MINUTE - 1, 7.5 * MINUTE, 7.5 * MINUTE + 1), [
    "token-1",
    "token-1",
    "token-1",
    "token-2",
  ]);
  const long = new Bench(numbered(60 * MINUTE), 1);
  assertEquals(await long.at(0, 54 * MINUTE - 1), ["token-1", "token-1"]);
  assertEquals([(await long.at(54 * MINUTE))[0], long.asked], ["token-1", 2]);
});

Deno.test("a token is not sent in the last ten seconds of its life, or the last tenth of a short one", async () => {
  for (const [life, margin] of [[60 * MINUTE, 10_000], [MINUTE, 6_000]] as const) {
    const bench = new Bench(numbered(life));
    await bench.at(0);
    bench.answer = () => Promise.reject(new IssuerError("down"));
    assertEquals(await bench.at(life - margin - 1, life - margin), ["token-1", "token_unavailable"]);
    assertEquals(bench.token.current, undefined);
  }
});

Deno.test("a token expires by whichever clock is ahead: one may stand still, and the other may be set", async () => {
  const bench = new Bench(numbered(10 * MINUTE));
  await bench.at(0);
  bench.shift = 11 * MINUTE;
  assertEquals(await bench.at(1), ["token-2"]);
  bench.shift = -60 * MINUTE;
  assertEquals(await bench.at(2, 10 * MINUTE), ["token-2", "token-3"]);
});

Deno.test("a token is renewed at the very moment that is due, by either clock", async () => {
  for (const clock of ["now", "shift"] as const) {
    const bench = new Bench(numbered(10 * MINUTE));
    await bench.at(0);
    for (const [time, asked] of [[8 * MINUTE - 1, 1], [8 * MINUTE, 2]] as const) {
      bench[clock] = time;
      await bench.get();
      assertEquals(bench.asked, asked, `${clock} ${time}`);
    }
  }
});

Deno.test("the state of a token says when it was issued and when it expires", async () => {
  const bench = new Bench(numbered(MINUTE));
  assertEquals(bench.token.status(), {
    expiry: undefined,
    renewed: undefined,
    failure: undefined,
    refreshes: { succeeded: 0, failed: 0 },
  });
  await bench.at(5);
  assertEquals(bench.token.status(), {
    expiry: 1_000_005 + MINUTE,
    renewed: 1_000_005,
    failure: undefined,
    refreshes: { succeeded: 1, failed: 0 },
  });
  bench.answer = () => Promise.reject(new IssuerError("down"));
  await bench.at(MINUTE + 5);
  assertEquals(bench.token.status().failure, { time: 1_000_005 + MINUTE, text: "IssuerError: down" });
});

Deno.test("a failure is reported with what is left, and when the issuer is asked again", async () => {
  const cases: [error: Error, next: string][] = [
    [new IssuerError("down"), "next attempt in 1 s at the earliest"],
    [new IssuerError("busy", { retryAfterMs: 1500 }), "next attempt in 2 s at the earliest"],
    [
      new IssuerError("refused", { permanent: true }),
      "no further attempt until the configuration or a secret changes",
    ],
  ];
  for (const [error, next] of cases) {
    const bench = new Bench(() => Promise.reject(error));
    const refusal = await assertRejects(async () => await bench.token.ready(), Refusal);
    assertEquals([refusal.subject, refusal.cause], ["", error]);
    assertEquals(bench.lines, [
      `issuer: no new token: IssuerError: ${error.message}; there is no token; ${next}`,
    ]);
  }
});

Deno.test("a token is named after its issuer, and by how often it was replaced", async () => {
  const bench = new Bench(numbered(1000));
  const name = bench.token.describe();
  assertEquals(bench.token.label, `${name}#0`);
  for (const times of [0, 1, 2]) {
    await bench.at(times * 2000);
    assertEquals(bench.token.label, `${name}#${times}`);
  }
});

Deno.test("a token without an expiry is used until the upstream rejects it", async () => {
  const bench = new Bench(numbered(undefined));
  assertEquals(await bench.at(0, 1e9), ["token-1", "token-1"]);
  assertEquals(bench.token.status().expiry, undefined);
  bench.token.rejected(Secret.of("token-1"));
  assertEquals(await bench.at(1e9), ["token-1"]);
  bench.token.rejected(bench.token.current!);
  assertEquals(await bench.at(1e9), ["token-2"]);
});

Deno.test("the expiry of a token is not that of the one before, if it has none", async () => {
  const bench = new Bench(numbered(MINUTE));
  await bench.at(0);
  assertEquals(bench.token.status().expiry, 1_000_000 + MINUTE);
  bench.answer = numbered(undefined);
  await bench.at(MINUTE);
  assertEquals(bench.token.status().expiry, undefined);
});

Deno.test("rejections renew at most every 30 seconds, then every minute, and so on up to ten minutes", async () => {
  const bench = new Bench(numbered(undefined));
  await bench.at(0);
  const renewals: number[] = [];
  for (let second = 0; second < 3000; second++) {
    bench.now = second * 1000;
    const before = bench.asked;
    bench.token.rejected(bench.token.current!);
    await bench.get();
    if (bench.asked > before) renewals.push(second);
  }
  assertEquals(renewals, [0, 30, 90, 210, 450, 930, 1530, 2130, 2730]);
});

Deno.test("once a rejected token is replaced, the new one is renewed in the background as any other", async () => {
  const bench = new Bench(numbered(10 * MINUTE));
  await bench.at(0);
  bench.token.rejected(bench.token.current!);
  assertEquals(await bench.at(1), ["token-2"]);
  assertEquals(await bench.at(8 * MINUTE + 1, 8 * MINUTE + 2), ["token-2", "token-3"]);
});

Deno.test("a rejected token is still used while a new one can't be had", async () => {
  const bench = new Bench(numbered(60 * MINUTE));
  await bench.at(0);
  bench.answer = () => Promise.reject(new IssuerError("refused", { permanent: true }));
  bench.token.rejected(bench.token.current!);
  assertEquals(await bench.at(1, 2), ["token-1", "token-1"]);
  assertEquals(bench.asked, 2);
});

Deno.test("the pause after failures doubles from one second to a minute, and ends with the first success", async () => {
  const bench = new Bench(() => Promise.reject(new IssuerError("down")));
  const attempts: number[] = [];
  for (let second = 0; second < 300; second++) {
    const before = bench.asked;
    assertEquals(await bench.at(second * 1000), ["token_unavailable"]);
    if (bench.asked > before) attempts.push(second);
  }
  assertEquals(attempts, [0, 1, 3, 7, 15, 31, 63, 123, 183, 243]);
  assertEquals(bench.lines.length, attempts.length);
  bench.answer = numbered(10 * MINUTE);
  assertEquals(await bench.at(303_000), ["token-1"]);
  assertEquals(bench.lines.at(-1), "issuer: issued a token again");
  assertEquals(bench.token.status().refreshes, { succeeded: 1, failed: 10 });
});

Deno.test("the jitter makes the pause after a failure shorter, by at most a quarter", async () => {
  const bench = new Bench(() => Promise.reject(new IssuerError("down")), 1);
  const asked: number[] = [];
  for (const time of [0, 749, 750, 750 + 1499, 750 + 1500]) {
    await bench.at(time);
    asked.push(bench.asked);
  }
  assertEquals(asked, [1, 1, 2, 2, 3]);
});

Deno.test("the pause is as long as the issuer asks for, up to five minutes", async () => {
  for (const [asked, pause] of [[30_000, 30_000], [3_600_000, 300_000]] as const) {
    const bench = new Bench(() => Promise.reject(new IssuerError("busy", { retryAfterMs: asked })));
    await bench.at(0, pause - 1);
    assertEquals(bench.asked, 1);
    await bench.at(pause);
    assertEquals(bench.asked, 2);
  }
});

Deno.test("after a refusal the issuer is not asked again until a secret changes or the configuration is loaded", async () => {
  const bench = new Bench(() => Promise.reject(new IssuerError("refused", { permanent: true })));
  assertEquals(await bench.at(0, 1, 1e9), ["token_refused", "token_refused", "token_refused"]);
  assertEquals(bench.asked, 1);
  bench.input = Secret.of("another");
  assertEquals([await bench.get(), bench.asked], ["token_refused", 2]);
  bench.token.retry();
  assertEquals([await bench.get(), bench.asked], ["token_refused", 3]);
});

Deno.test("after a refusal the issuer is asked again whichever of the secrets changes", async () => {
  const bench = new Bench(() => Promise.reject(new IssuerError("refused", { permanent: true })));
  const [input] = bench.inputs();
  const secrets = [Secret.of("one"), Secret.of("two")];
  bench.inputs = () => secrets.map((secret) => ({ ...input!, secret }));
  await bench.at(0, 1);
  assertEquals(bench.asked, 1);
  for (const at of [0, 1]) {
    secrets[at] = Secret.of("another");
    await bench.at(2 + at, 10 + at);
    assertEquals(bench.asked, 2 + at);
  }
});

Deno.test("once the configuration was loaded again, the pause after a failure is as short as after the first", async () => {
  const bench = new Bench(() => Promise.reject(new IssuerError("down")));
  await bench.at(0, 2_000, 6_000);
  assertEquals(bench.asked, 3);
  bench.token.retry();
  await bench.at(6_001, 7_000);
  assertEquals(bench.asked, 4);
  await bench.at(7_001);
  assertEquals(bench.asked, 5);
});

Deno.test("while a renewal in the background fails, the valid token is used", async () => {
  const bench = new Bench(numbered(10 * MINUTE));
  await bench.at(0);
  bench.answer = () => Promise.reject(new IssuerError("down"));
  assertEquals(await bench.at(8.5 * MINUTE, 9 * MINUTE), ["token-1", "token-1"]);
  assertEquals(bench.lines.length, 2);
  assertEquals(bench.lines[0]?.includes("the current token is valid for a while"), true);
});

Deno.test("a renewal in the background is not tried twice at once, nor in the pause after a failure", async () => {
  const bench = new Bench(numbered(10 * MINUTE));
  await bench.at(0);
  const failure = Promise.withResolvers<never>();
  bench.answer = () => failure.promise;
  await bench.at(8.5 * MINUTE, 8.5 * MINUTE + 1);
  assertEquals(bench.asked, 2);
  failure.reject(new IssuerError("down"));
  await bench.at(8.5 * MINUTE + 2, 8.5 * MINUTE + 999);
  assertEquals(bench.asked, 2);
  await bench.at(8.5 * MINUTE + 1100);
  assertEquals(bench.asked, 3);
});

Deno.test("a rejected token that expires while no new one can be had is not used", async () => {
  const bench = new Bench(numbered(MINUTE));
  await bench.at(0);
  bench.answer = () => {
    bench.now = MINUTE;
    throw new IssuerError("down");
  };
  bench.token.rejected(bench.token.current!);
  assertEquals(await bench.at(MINUTE / 2), ["token_unavailable"]);
});

Deno.test("a secret that is not set is named, and the issuer is not asked", async () => {
  const bench = new Bench(numbered(MINUTE));
  bench.input = undefined;
  assertEquals(bench.token.missing(), ["INPUT is unset or empty"]);
  const refusal = await assertRejects(async () => await bench.token.ready(), Refusal);
  assertEquals([refusal.code, refusal.subject, bench.asked], ["token_unset", "INPUT is unset or empty", 0]);
  bench.input = Secret.of("input");
  assertEquals(await bench.get(), "token-1");
});

Deno.test("all requests that wait share one exchange with the issuer, and its outcome", async () => {
  const released = Promise.withResolvers<void>();
  const next = numbered(MINUTE);
  const bench = new Bench(async () => {
    await released.promise;
    return next();
  });
  const waiting = Array.from({ length: 200 }, () => bench.get());
  released.resolve();
  assertEquals(new Set(await Promise.all(waiting)), new Set(["token-1"]));
  bench.answer = () => Promise.reject(new IssuerError("down"));
  bench.now = MINUTE;
  const failing = Array.from({ length: 200 }, () => bench.get());
  assertEquals(new Set(await Promise.all(failing)), new Set(["token_unavailable"]));
  assertEquals(bench.asked, 2);
});

Deno.test("a token that takes longer to arrive than it lives is refused, not sent", async () => {
  const bench = new Bench(() => {
    bench.now += MINUTE;
    return { token: Secret.of("late"), lifeMs: MINUTE };
  });
  assertEquals(await bench.get(), "token_unavailable");
});

Deno.test("a token that is replaced while it is valid is kept as a former one", async () => {
  const bench = new Bench(numbered(10 * MINUTE));
  await bench.at(0, 8.5 * MINUTE);
  assertEquals(bench.token.current?.reveal(), "token-2");
  assertEquals(bench.token.former.map((each) => each.reveal()), ["token-1"]);
});

Deno.test("a token that the issuer issues once more is no former one", async () => {
  const bench = new Bench(() => ({ token: Secret.of("same"), lifeMs: MINUTE }));
  assertEquals(await bench.at(0, 0.85 * MINUTE, 1.5 * MINUTE), ["same", "same", "same"]);
  assertEquals([bench.asked, bench.token.former], [2, []]);
});

Deno.test("the tokens before the current one are kept, four at most", async () => {
  const bench = new Bench(numbered(MINUTE));
  await bench.at(...Array.from({ length: 7 }, (_, at) => at * MINUTE));
  const kept = [bench.token.current, ...bench.token.former].map((each) => each?.reveal());
  assertEquals([...new Set(kept)], ["token-7", "token-6", "token-5", "token-4", "token-3"]);
});
