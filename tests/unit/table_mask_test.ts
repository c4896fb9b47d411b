import { assert, assertEquals } from "@std/assert";
import { Secret } from "../../lib/core/secret.ts";
import { exposedSecrets } from "../../lib/credentials/exposed_secrets.ts";
import { StreamMask } from "../../lib/mask/stream_mask.ts";
import { TableMask } from "../../lib/mask/table_mask.ts";
import { ChangeCounter } from "../../lib/tokens/change_counter.ts";
import { StoredToken } from "../../lib/tokens/stored_token.ts";
import { fromLatin1, latin1 } from "../support/bytes.ts";

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
    // What went on before the change could not be masked; a new token that had begun before may have lost its beginning.
    const later = Math.max(0, Math.min(cut, 27) - 16);
    const expected = later === 11
      ? "a *********** b later-token c *********** d"
      : "a *********** b *********** c *********** d";
    const passed = [first, ...rest].map(fromLatin1).join("");
    if (cut <= 16 || cut >= 27) assertEquals(passed, expected, `cut at ${cut}`);
    assert(!passed.includes("first-token"), passed);
  }
});
