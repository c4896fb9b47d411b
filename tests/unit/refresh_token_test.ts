/**
 * A refresh token that the issuer replaces with each use: which one is used next, and which ones are masked.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { parseTokenEndpoint } from "../../lib/config/route/token_endpoint.ts";
import { Secret } from "../../lib/core/secret.ts";
import { ChangeCounter } from "../../lib/tokens/change_counter.ts";
import { RefreshToken } from "../../lib/tokens/refresh_token.ts";
import { StateFile } from "../../lib/tokens/state_file.ts";
import { stateFileName } from "../../lib/tokens/state_file_name.ts";
import { valueOf } from "../support/result.ts";
import { withFolder } from "../support/with_folder.ts";

/** A refresh token without a file, whose issuer replaces each token by the next of these. */
function rotating(...replacements: readonly string[]) {
  const next = [...replacements];
  const operator = { token: Secret.of("first") };
  const login = new RefreshToken({
    given: () => operator.token,
    file: undefined,
    changes: new ChangeCounter(),
    report: () => {},
    name: "login",
  });
  const use = () =>
    login.use((token) => {
      const replacement = next.shift();
      return Promise.resolve({
        value: token.reveal(),
        replacement: replacement === undefined ? undefined : Secret.of(replacement),
      });
    });
  return { login, use, operator };
}

function secretsOf(login: RefreshToken): readonly string[] {
  return login.secrets.map((each) => each.reveal());
}

Deno.test("each use is with the replacement of the one before, and four former tokens are still masked", async () => {
  const { login, use } = rotating("b", "c", "d", "e", "f", "g");
  const used: string[] = [];
  for (let count = 0; count < 7; count++) used.push(await use() as string);
  assertEquals(used, ["first", "b", "c", "d", "e", "f", "g"]);
  assertEquals(secretsOf(login), ["g", "f", "e", "d", "c"]);
});

Deno.test("uses at the same time come one after the other, also after one that fails", async () => {
  const { login, use } = rotating("b", "c");
  const failing = login.use(() => Promise.reject(new Error("down")));
  const uses = [use(), use(), use()];
  await assertRejects(() => failing, Error, "down");
  assertEquals(await Promise.all(uses), ["first", "b", "c"]);
});

Deno.test("an operator who returns to an earlier token does not drive another out of those that are masked", async () => {
  const { login, use, operator } = rotating("b", "d", "e");
  const first = operator.token;
  assertEquals(await use(), "first");
  operator.token = Secret.of("c");
  assertEquals(await use(), "c");
  operator.token = first;
  assertEquals(await use(), "first");
  assertEquals(secretsOf(login).toSorted(), ["b", "c", "d", "e", "first"]);
});

/** A refresh token that is kept in a folder, from which each use takes the next replacement. */
function storedIn(folder: string, ...replacements: string[]) {
  const lines: string[] = [];
  const changes = new ChangeCounter();
  const login = new RefreshToken({
    given: () => Secret.of("first"),
    file: new StateFile(folder, "login.json"),
    changes,
    report: (line) => lines.push(line),
    name: "login",
  });
  const use = () =>
    login.use((token) => {
      const next = replacements.shift();
      return Promise.resolve({
        value: token.reveal(),
        replacement: next === undefined ? undefined : Secret.of(next),
      });
    });
  return { login, use, lines, changes };
}

Deno.test("a replacement that can't be stored is used all the same, and stored with the next use that can", async () => {
  await withFolder(async (folder) => {
    const { use, lines } = storedIn(folder, "b", "c");
    assertEquals(await use(), "first");
    await Deno.mkdir(`${folder}/login.json.new`);
    assertEquals(await use(), "b");
    assertEquals(lines.length, 1);
    assertMatch(
      lines[0]!,
      /^login: can't store the new refresh token, so a restart would lose it: \w+: .*login\.json\.new/,
    );
    assertEquals(await storedIn(folder).use(), "b");
    assertEquals(await use(), "c");
    assertEquals(lines.length, 2);
    await Deno.remove(`${folder}/login.json.new`);
    assertEquals([await use(), lines.length], ["c", 2]);
    assertEquals(await storedIn(folder).use(), "c");
  });
});

Deno.test("a token that another process stored is used, and the one before is still masked", async () => {
  await withFolder(async (folder) => {
    const one = storedIn(folder, "b");
    const other = storedIn(folder, "c");
    assertEquals([await one.use(), await other.use(), await one.use()], ["first", "b", "c"]);
    assertEquals(secretsOf(one.login), ["c", "b", "first"]);
    assertEquals(one.changes.count, 2);
    assertEquals(await one.use(), "c");
    assertEquals(one.changes.count, 2);
  });
});

Deno.test("a stored token that is damaged or can't be read is reported, and the operator's is used", async () => {
  await withFolder(async (folder) => {
    const damaged = [
      "",
      "{",
      "[]",
      '{"given":"x"}',
      '{"refresh_token":"x"}',
      '{"given":1,"refresh_token":"x"}',
      '{"given":"x","refresh_token":""}',
    ];
    for (const text of damaged) {
      await Deno.writeTextFile(`${folder}/login.json`, text);
      const { use, lines } = storedIn(folder);
      assertEquals([await use(), lines], ["first", [
        "login: the stored refresh token is damaged and was ignored",
      ]], text);
    }
    await Deno.remove(`${folder}/login.json`);
    await Deno.mkdir(`${folder}/login.json`);
    const { use, lines } = storedIn(folder);
    assertEquals([await use(), lines], ["first", [
      "login: can't read the stored refresh token: Error: is not a file of ours",
    ]]);
  });
});

Deno.test("a token that the issuer calls invalid is tried once, and again only if another came meanwhile", async () => {
  const { login, operator } = rotating();
  const tried: string[] = [];
  const refuse = (token: Secret) => {
    tried.push(token.reveal());
    if (tried.length === 1) operator.token = Secret.of("second");
    return Promise.resolve("invalid" as const);
  };
  assertEquals([await login.use(refuse), tried], ["invalid", ["first", "second"]]);
  assertEquals(secretsOf(login), []);
});

Deno.test("the name of a refresh token's file shows where it is from, and is never too long for a file", () => {
  const nameOf = (url: string, secret: string, clientId = "me") =>
    stateFileName({
      kind: "oauth2",
      endpoint: valueOf(parseTokenEndpoint(url, "")),
      grant: { type: "client_credentials" },
      clientId,
      clientProof: undefined,
      scope: undefined,
      audience: undefined,
      parameters: new Map(),
      bodyFormat: "form",
    }, { from: "variable", name: secret, kind: "token" });
  const url = "https://login.example.com:8443/token";
  assertMatch(
    nameOf(url, "A_TOKEN"),
    /^refresh-login\.example\.com_8443-A_TOKEN-[0-9a-f]{8}\.json$/,
  );
  // Another name would not find the token that an earlier version stored.
  assertEquals(nameOf(url, "A_TOKEN"), "refresh-login.example.com_8443-A_TOKEN-420f39ca.json");
  assertEquals(nameOf(url, "B_TOKEN"), "refresh-login.example.com_8443-B_TOKEN-efd69883.json");
  assert(nameOf(url, "A_TOKEN") !== nameOf(url, "A_TOKEN", "you"));
  // Some digests begin with a zero.
  for (let count = 0; count < 100; count++) {
    assertMatch(nameOf(url, `TOKEN_${count}`), /-TOKEN_\d+-[0-9a-f]{8}\.json$/);
  }
  const long = nameOf(url, "A".repeat(300));
  assertEquals(long.length, 200);
  assertMatch(long, /^A+-[0-9a-f]{8}\.json$/);
});
