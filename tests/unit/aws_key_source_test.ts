import { assertEquals } from "@std/assert";
import { Secret } from "../../lib/core/secret.ts";
import { AwsKeySource } from "../../lib/tokens/aws_key_source.ts";
import { unpackAwsKeys } from "../../lib/tokens/aws_keys.ts";
import { StoredToken } from "../../lib/tokens/stored_token.ts";

/** Keys of which each part is replaced by the test. */
function keysOf(...names: readonly string[]) {
  const parts = names.map((name) => new StoredToken(name, undefined));
  const source = new AwsKeySource(parts.map((part, at) => ({
    ref: { from: at === 1 ? "file" : "variable", name: names[at]!, kind: "token" } as const,
    source: part,
  })));
  const current = () => {
    const { current } = source;
    if (current === undefined) return undefined;
    const { accessKeyId, secretAccessKey, sessionToken } = unpackAwsKeys(current);
    return [accessKeyId, secretAccessKey, sessionToken].map((each) => each?.reveal());
  };
  const replace = (at: number, text: string) => parts[at]!.replace(Secret.of(text));
  return { source, current, replace };
}

Deno.test("AwsKeySource has keys once all of their parts are set, and new ones when a part is replaced", () => {
  const { source, current, replace } = keysOf("ID", "key", "SESSION");
  assertEquals(source.describe(), "aws_sigv4 with ID and the file key and SESSION");
  assertEquals([current(), source.missing()], [
    undefined,
    ["ID is unset or empty", "the file key does not exist", "SESSION is unset or empty"],
  ]);
  replace(0, "id");
  replace(1, "k1");
  assertEquals([current(), source.missing()], [undefined, ["SESSION is unset or empty"]]);
  replace(2, "s");
  assertEquals([current(), source.missing()], [["id", "k1", "s"], []]);
  assertEquals(source.current === source.current, true);
  replace(1, "k2");
  assertEquals(current(), ["id", "k2", "s"]);
  assertEquals(source.former, []);
  assertEquals(source.secrets.map((each) => each.reveal()), ["id", "k2", "k1", "s"]);
});

Deno.test("AwsKeySource needs no session token where the table names none, and both of the others", () => {
  const { current, replace } = keysOf("ID", "key");
  replace(1, "k");
  assertEquals(current(), undefined);
  replace(0, "id");
  assertEquals(current(), ["id", "k", undefined]);
});
