import { assert, assertEquals } from "@std/assert";
import { Secret } from "../../lib/core/secret.ts";
import { TableMask } from "../../lib/mask/table_mask.ts";
import { TokenSource } from "../../lib/tokens/token_source.ts";

const BEARER = { authScheme: "Bearer", authUser: undefined };
const BASIC = { authScheme: "Basic", authUser: "git" };

function slotOf(token: string | undefined): TokenSource {
  return new TokenSource(token === undefined ? undefined : Secret.of(token));
}

Deno.test("TableMask masks the token of each route, as that route sends it", () => {
  const mask = new TableMask([
    { route: BEARER, slot: slotOf("first-token") },
    { route: BASIC, slot: slotOf("second-token") },
    { route: BEARER, slot: slotOf(undefined) },
  ]);
  const basic = btoa("git:second-token");
  assertEquals(
    mask.current?.maskText(`a first-token b second-token c ${basic} d ${btoa("git:first-token")}`),
    `a *********** b ************ c ${"*".repeat(basic.length - 2)}== d ${
      // Not sent so on any route; but the token in base64 is masked wherever it stands.
      btoa("git:first-token").slice(0, 6)}${"*".repeat(14)}`,
  );
});

Deno.test("TableMask follows each token, and keeps on masking those that served before", () => {
  const [one, other] = [slotOf("first-token"), slotOf(undefined)];
  const mask = new TableMask([{ route: BEARER, slot: one }, { route: BEARER, slot: other }]);
  const before = mask.current;
  assert(before === mask.current, "it is made once for its tokens");
  other.replace(Secret.of("late-token"));
  assertEquals(mask.current?.maskText("first-token late-token"), "*********** **********");
  one.replace(Secret.of("newer-token"));
  assertEquals(
    mask.current?.maskText("first-token newer-token late-token"),
    "*********** *********** **********",
  );
});

Deno.test("TableMask is none where there is nothing to mask", () => {
  assertEquals(new TableMask([]).current, undefined);
  assertEquals(new TableMask([{ route: BEARER, slot: slotOf("short") }]).current, undefined);
  assertEquals(new TableMask([{ route: BEARER, slot: slotOf(undefined) }]).current, undefined);
});
