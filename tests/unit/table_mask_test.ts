import { assert, assertEquals } from "@std/assert";
import { Secret } from "../../lib/core/secret.ts";
import { exposedSecrets } from "../../lib/credentials/exposed_secrets.ts";
import { Mask } from "../../lib/mask/mask.ts";
import { StreamMask } from "../../lib/mask/stream_mask.ts";
import { MASK, TableMask } from "../../lib/mask/table_mask.ts";
import { ChangeCounter } from "../../lib/tokens/change_counter.ts";
import { StoredToken } from "../../lib/tokens/stored_token.ts";
import { fromLatin1, latin1 } from "../support/bytes.ts";
import { fc } from "../support/property.ts";

await MASK.load();

const BEARER = { authScheme: "Bearer", authUser: undefined };
const BASIC = { authScheme: "Basic", authUser: "git" };

type Auth = typeof BEARER | typeof BASIC;

/** A mask of routes with these tokens, and the tokens. */
function maskOf(routes: readonly (readonly [auth: Auth, token: string | undefined])[]) {
  const changes = new ChangeCounter();
  const tokens = routes.map(([, text]) =>
    new StoredToken("A_TOKEN", text === undefined ? undefined : Secret.of(text), changes)
  );
  const mask = new TableMask({
    list: () =>
      tokens.flatMap(({ current, former }, at) =>
        [current, ...former].flatMap((token) =>
          token === undefined ? [] : exposedSecrets(routes[at]![0], token)
        )
      ),
    version: () => changes.count,
  });
  return { mask, tokens };
}

Deno.test("TableMask masks the token of each route as that route sends it", () => {
  const { mask } = maskOf([[BEARER, "first-token"], [BASIC, "second-token"], [BEARER, undefined]]);
  const basic = btoa("git:second-token");
  assertEquals(
    mask.current?.maskText(`a first-token b second-token c ${basic} d ${btoa("git:first-token")}`),
    `a *********** b ************ c ${"*".repeat(basic.length - 2)}== d ${
      // No route sends this; but the token in base64 is masked wherever it stands.
      btoa("git:first-token").slice(0, 6)}${"*".repeat(14)}`,
  );
});

Deno.test("TableMask follows each token, and goes on masking earlier ones", () => {
  const { mask, tokens: [one, other] } = maskOf([[BEARER, "first-token"], [BEARER, undefined]]);
  const before = mask.current;
  assert(before === mask.current, "it is made once for its tokens");
  other!.replace(Secret.of("late-token"));
  assertEquals(mask.current?.maskText("first-token late-token"), "*********** **********");
  one!.replace(Secret.of("newer-token"));
  assertEquals(
    mask.current?.maskText("first-token newer-token late-token"),
    "*********** *********** **********",
  );
});

Deno.test("TableMask masks the secrets of the last tables, and those that they get later", () => {
  const changes = new ChangeCounter();
  const tokens = Array.from(
    { length: 7 },
    (_, at) => new StoredToken("A_TOKEN", Secret.of(`the-token-of-table-${at}`), changes),
  );
  const mask = new TableMask();
  for (const token of tokens) {
    mask.follow({
      list: () => [token.current, ...token.former].flatMap((text) => text === undefined ? [] : [{ text }]),
      version: () => changes.count,
    });
  }
  const masked = (text: string) => mask.current?.maskText(text) !== text;
  const seen = tokens.map((_, at) => masked(`the-token-of-table-${at}`));
  assertEquals(seen, [false, false, true, true, true, true, true]);
  tokens[3]!.replace(Secret.of("a-later-token-of-table-3"));
  assert(masked("a-later-token-of-table-3"));
});

Deno.test("TableMask makes the mask when it is needed, or before on request, and once", () => {
  for (const ahead of [true, false]) {
    const mask = new TableMask();
    let listed = 0;
    const list = () => {
      listed++;
      return [{ text: Secret.of("the-only-token") }];
    };
    mask.follow({ list, version: () => 0 });
    assertEquals(listed, 0);
    if (ahead) mask.update();
    assertEquals(listed, ahead ? 1 : 0);
    assertEquals(mask.current?.maskText("the-only-token"), "*".repeat(14));
    assertEquals(listed, 1);
  }
});

Deno.test("TableMask has no mask where there is nothing to mask", () => {
  assertEquals(maskOf([]).mask.current, undefined);
  assertEquals(maskOf([[BEARER, "short"]]).mask.current, undefined);
  assertEquals(maskOf([[BEARER, undefined]]).mask.current, undefined);
});

Deno.test("StreamMask masks each piece with the tokens of that moment, wherever a token is replaced", () => {
  const text = "a first-token b later-token c first-token d";
  for (let cut = 0; cut <= text.length; cut++) {
    const { mask, tokens: [token] } = maskOf([[BEARER, "first-token"]]);
    const stream = new StreamMask(mask);
    const first = stream.push(latin1(text.slice(0, cut)));
    token!.replace(Secret.of("later-token"));
    const rest = [stream.push(latin1(text.slice(cut))), stream.flush()];
    // What went on before the change could not be masked. A word goes on as a whole.
    const expected = cut > 27
      ? "a *********** b later-token c *********** d"
      : "a *********** b *********** c *********** d";
    const passed = [first, ...rest].map(fromLatin1).join("");
    assertEquals(passed, expected, `cut at ${cut}`);
  }
});

/** Tokens of which none is a part of another's forms. */
const SECRETS = ["first-token", "later-token", "other-secret", "fifth-secret"];
const WORDS = [...SECRETS, "fir", "late", "st-token", "other-", " ", "\n", "}"];

Deno.test("StreamMask loses, doubles and shows nothing while its mask changes, appears and disappears", () => {
  const step = fc.record({
    /** The secrets of the mask from this piece on; undefined: the mask stays. */
    secrets: fc.option(fc.subarray(SECRETS), { nil: undefined }),
    words: fc.array(fc.constantFrom(...WORDS), { maxLength: 4 }),
    cut: fc.nat(40),
  });
  const steps = fc.array(step, { minLength: 1, maxLength: 8 });
  fc.assert(fc.property(steps, fc.subarray(SECRETS), (steps, last) => {
    const source: { current: Mask | undefined } = { current: undefined };
    const stream = new StreamMask(source);
    let [given, passed] = ["", ""];
    let masked: readonly string[] = [];
    /** How much had passed when the mask changed last. */
    let since = 0;
    function change(secrets: readonly string[]): void {
      source.current = Mask.of(secrets.map((text) => ({ text: Secret.of(text) })));
      masked = secrets;
      since = passed.length;
    }
    function pass(bytes: Uint8Array): void {
      passed += fromLatin1(bytes);
      for (const secret of masked) {
        assert(!passed.includes(secret, since), passed);
      }
    }

    for (const { secrets, words, cut } of steps) {
      if (secrets !== undefined) change(secrets);
      const text = words.join("");
      given += text;
      for (const piece of [text.slice(0, cut), text.slice(cut)]) {
        pass(stream.push(latin1(piece)));
      }
    }
    change(last);
    pass(stream.flush());
    assertEquals(passed.length, given.length);
    assert([...passed].every((char, at) => char === given[at] || char === "*"), passed);
  }));
});

Deno.test("StreamMask masks at the end what the mask of that moment knows", () => {
  const source: { current: Mask | undefined } = {
    current: Mask.of([{ text: Secret.of("user:password-1") }]),
  };
  const stream = new StreamMask(source);
  assertEquals(fromLatin1(stream.push(latin1("a user:password-"))), "a ");
  source.current = Mask.of([{ text: Secret.of("password-") }]);
  assertEquals(fromLatin1(stream.flush()), "user:*********");
});
