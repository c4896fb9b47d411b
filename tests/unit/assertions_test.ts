import { assertEquals, assertRejects } from "@std/assert";
import { parsePrivateKey } from "../../lib/config/route/private_key.ts";
import { Assertions } from "../../lib/tokens/assertions.ts";
import { IssuerError } from "../../lib/tokens/issuer_error.ts";
import { makeRsaKey } from "../support/rsa_key.ts";
import { valueOf } from "../support/result.ts";

const KEY = valueOf(parsePrivateKey((await makeRsaKey()).pkcs8, ""));
const NOW = 1_000_000_000;
const REFUSED = new IssuerError("refused", { permanent: true });

/** Assertions whose clock stands still, to an issuer whose clock is ahead by `skewMs` and that answers as given. */
function assertionsAt(skewMs: number | undefined, answers: (Error | undefined)[]) {
  const assertions = new Assertions({ wall: () => NOW, ticks: () => 0 });
  const times: number[] = [];
  const send = () =>
    assertions.send((now) => {
      times.push(now - NOW);
      return { key: KEY, content: { claims: { n: times.length } } };
    }, () => {
      assertions.observe({ date: skewMs === undefined ? undefined : NOW + skewMs });
      const error = answers.shift();
      return error === undefined ? Promise.resolve("token") : Promise.reject(error);
    });
  return { assertions, times, send };
}

Deno.test("an assertion states the issuer's time once the clocks are known to differ by half a minute", async () => {
  for (
    const [skewMs, next] of [[29_999, 0], [-29_999, 0], [30_000, 30_000], [-30_000, -30_000], [undefined, 0]]
  ) {
    const { times, send } = assertionsAt(skewMs, []);
    await send();
    await send();
    assertEquals(times, [0, next], String(skewMs));
  }
});

Deno.test("an assertion that is refused is sent once more, only if the clocks turn out to differ", async () => {
  const again = assertionsAt(60_000, [REFUSED]);
  assertEquals([await again.send(), again.times], ["token", [0, 60_000]]);
  const half = assertionsAt(30_000, [REFUSED]);
  assertEquals([await half.send(), half.times], ["token", [0, 30_000]]);
  const twice = assertionsAt(60_000, [REFUSED, REFUSED, REFUSED]);
  await assertRejects(twice.send, IssuerError);
  await assertRejects(twice.send, IssuerError);
  assertEquals(twice.times, [0, 60_000, 60_000]);
  const others: [skewMs: number | undefined, error: Error][] = [
    [20_000, REFUSED],
    [undefined, REFUSED],
    [60_000, new IssuerError("busy")],
    [60_000, new Error("another")],
  ];
  for (const [skewMs, error] of others) {
    const { times, send } = assertionsAt(skewMs, [error]);
    await assertRejects(send, Error, error.message);
    assertEquals(times, [0], `${skewMs} ${error.message}`);
  }
});

Deno.test("the last two assertions are kept, to be masked", async () => {
  const { assertions, send } = assertionsAt(0, []);
  const sent: string[] = [];
  for (let count = 0; count < 3; count++) {
    await send();
    sent.unshift(assertions.sent[0]!.reveal());
  }
  assertEquals(new Set(sent).size, 3);
  assertEquals(assertions.sent.map((each) => each.reveal()), sent.slice(0, 2));
});
