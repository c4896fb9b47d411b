import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { parseRoutes } from "../../lib/config/route/route_table.ts";
import { parseTokenFile } from "../../lib/config/route/token_file.ts";
import { problem } from "../../lib/core/result.ts";
import { Secret } from "../../lib/core/secret.ts";
import { readToken } from "../../lib/tokens/read_token.ts";
import { StoredToken } from "../../lib/tokens/stored_token.ts";
import { type SecretFile, TokenFiles } from "../../lib/tokens/token_files.ts";
import type { TokenGuard } from "../../lib/tokens/token_guard.ts";
import { SettledWatch } from "../../lib/core/settled_watch.ts";
import { codesOf, linesOf, valueOf } from "../support/result.ts";
import { withFolder } from "../support/with_folder.ts";

const ROUTE = { path: "/a/", upstream: "http://127.0.0.1:1", auth_scheme: "Bearer" };

function parseFields(fields: object) {
  return parseRoutes(JSON.stringify({ routes: [{ ...ROUTE, ...fields }] }));
}

function filesOf(...names: readonly string[]): readonly SecretFile[] {
  return names.map((name) => ({ name, kind: "token" }));
}

/** Returns the token in a file of this content, or what is wrong with it. */
function contentOf(content: string | Uint8Array): string {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const result = parseTokenFile(bytes, "gh");
  return result.ok ? `token ${result.value.reveal()}` : linesOf(result).join();
}

Deno.test("parseRoutes() accepts a file below the table's folder or an absolute one, and one token per route", () => {
  for (const path of ["gh", "tokens/gh.txt", "..data/gh", ".hidden", "a_b-c", "/run/secrets/gh"]) {
    const route = valueOf(parseFields({ token_file: path })).routes[0];
    assertEquals([route?.tokenFile, route?.tokenEnv], [path, undefined]);
  }
  const bad = [
    "",
    "/x",
    "/",
    "//etc/x",
    "/etc/../x",
    "../x",
    "a/../b",
    "a//b",
    "./a",
    "a/",
    "a b",
    "é",
    "a\n",
    "ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8",
  ];
  for (const path of bad) {
    const result = parseFields({ token_file: path });
    assertEquals(codesOf(result), ["routes[0].token_file: invalid_path"], path);
    assertMatch(linesOf(result).join(), /\(the value is not shown\)$/);
  }
  assertEquals(codesOf(parseFields({ token_file: 1 })), ["routes[0].token_file: wrong_type"]);
  assertEquals(codesOf(parseFields({ token_file: "gh", token_env: "GH" })), [
    "routes[0].token_env: exclusive_fields",
  ]);
  assertEquals(codesOf(parseFields({})), ["routes[0].token_env: missing"]);
});

Deno.test("parseTokenFile() drops one final newline, and accepts what a head can carry", () => {
  const cases: [content: string | Uint8Array, wanted: string][] = [
    ["secret", "token secret"],
    ["secret\n", "token secret"],
    ["secret\r\n", "token secret"],
    ["secret\n\n", "gh: contains a line feed (LF) at position 7 (the value is not shown)"],
    ["sec\nret\n", "gh: contains a line feed (LF) at position 4 (the value is not shown)"],
    ["secret \n", "gh: ends with whitespace (the value is not shown)"],
    ["sec\tret", "gh: contains a tab at position 4 (the value is not shown)"],
    ["\ufeffsecret", "token secret"],
    ["", "gh: is empty"],
    ["\n", "gh: is empty"],
    [new Uint8Array([0xff, 0xfe]), "gh: is not UTF-8 (the value is not shown)"],
    ["a".repeat(65_536), `token ${"a".repeat(65_536)}`],
    ["a".repeat(65_537), "gh: is larger than 64 KiB, so it can't be a token"],
  ];
  for (const [content, wanted] of cases) assertEquals(contentOf(content), wanted);
});

Deno.test("readToken() reads within the folder only, wherever links lead", async () => {
  await withFolder(async (outer) => {
    const folder = join(outer, "conf");
    await Deno.mkdir(join(folder, "..data"), { recursive: true });
    await Deno.mkdir(join(folder, "sub"));
    await Deno.mkdir(join(outer, "conf-too"));
    for (const name of ["conf/plain", "conf/..data/gh", "outside", "conf-too/near"]) {
      await Deno.writeTextFile(join(outer, name), "secret\n");
    }
    await Deno.writeFile(join(folder, "large"), new Uint8Array(70_000).fill(97));
    const links = {
      inner: "plain",
      gh: "..data/gh",
      out: "../outside",
      near: "../conf-too/near",
      absolute: join(outer, "outside"),
      twice: "out",
      dangling: "nowhere",
      loop: "loop",
    };
    for (const [name, target] of Object.entries(links)) await Deno.symlink(target, join(folder, name));

    const cases: [name: string, wanted: string][] = [
      ["plain", "secret"],
      ["inner", "secret"],
      ["gh", "secret"],
      ["..data/gh", "secret"],
      ["none", "undefined"],
      ["none/below", "undefined"],
      ["dangling", "undefined"],
      ["out", "out: leads out of the table's folder"],
      ["near", "near: leads out of the table's folder"],
      ["absolute", "absolute: leads out of the table's folder"],
      ["twice", "twice: leads out of the table's folder"],
      ["loop", "loop: can't be read (FilesystemLoop)"],
      ["sub", "sub: is not a regular file"],
      ["large", "large: is larger than 64 KiB, so it can't be a token"],
    ];
    for (const [name, wanted] of cases) {
      const result = await readToken({ folder, file: name }, name);
      assertEquals(result.ok ? String(result.value?.reveal()) : linesOf(result).join(), wanted, name);
    }
  });
});

Deno.test("readToken() names the folder that a file leads out of: the table's, or its own if its path is absolute", async () => {
  await withFolder(async (folder) => {
    await Deno.symlink("/etc/hostname", join(folder, "out"));
    const names: [name: string, folder: string][] = [["out", "the table's folder"], [
      `${folder}/out`,
      "its folder",
    ]];
    for (const [name, left] of names) {
      const result = await readToken({ folder, file: "out" }, name);
      assertEquals(linesOf(result), [`${name}: leads out of ${left}`]);
    }
  });
});

Deno.test("readToken() reads on when a read brings only a part of the file", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "gh"), "a longer secret\n");
    const { read } = Deno.FsFile.prototype;
    // As a file system in another process may do.
    Deno.FsFile.prototype.read = function (bytes) {
      return read.call(this, bytes.subarray(0, 4));
    };
    try {
      assertEquals(valueOf(await readToken({ folder, file: "gh" }, "gh"))?.reveal(), "a longer secret");
    } finally {
      Deno.FsFile.prototype.read = read;
    }
  });
});

Deno.test("SettledWatch sees a change once, when it has stood from one look to the next", async () => {
  let state = "a";
  const watch = new SettledWatch(() => Promise.resolve(state), state);
  const looks: boolean[] = [];
  for (const now of ["a", "b", "b", "b", "c", "d", "d", "a", "b", "b", "d", "d"]) {
    state = now;
    looks.push(await watch.poll());
  }
  assertEquals(looks, [false, false, true, false, false, false, true, false, false, true, false, true]);
});

Deno.test("StoredToken keeps the last tokens that were served", () => {
  const stored = new StoredToken("A_TOKEN", undefined);
  const taken = ["a", "b", "b", "c", "d", "e", "f"].map((text) => stored.replace(Secret.of(text)));
  assertEquals(taken, [true, true, false, true, true, true, true]);
  assertEquals(stored.current?.reveal(), "f");
  assertEquals(stored.former.map((token) => token.reveal()), ["e", "d", "c", "b"]);
});

Deno.test("StoredToken is named after its variable or file, and by how often it was replaced", () => {
  for (const [name, label] of [["A_TOKEN", "A_TOKEN"], ["the file gh", "gh"]] as const) {
    const stored = new StoredToken(name, undefined);
    const labels = [stored.label];
    for (const text of ["a", "b", "b", "c"]) {
      stored.replace(Secret.of(text));
      labels.push(stored.label);
    }
    assertEquals(stored.describe(), name);
    assertEquals(labels, [0, 0, 1, 1, 2].map((count) => `${label}#${count}`));
  }
});

Deno.test("TokenFiles that take over from others tell which token is another than before", async () => {
  await withFolder(async (folder) => {
    for (const name of ["same", "other"]) await Deno.writeTextFile(join(folder, name), "first");
    const before = valueOf(await TokenFiles.open(folder, filesOf("same", "other")));
    assertEquals(before.renewed, []);
    for (const name of ["other", "new"]) await Deno.writeTextFile(join(folder, name), "second");
    const after = valueOf(await TokenFiles.open(folder, filesOf("same", "other", "new"), { before }));
    assertEquals(after.renewed, ["other"]);
    // Two at first, one that replaced another, and one of a new file, all in one count.
    assertEquals([before.changes.count, after.changes.count], [4, 4]);
  });
});

Deno.test("TokenFiles takes a new token when it is whole and valid, and says so; until then the old one serves", async () => {
  await withFolder(async (folder) => {
    const file = join(folder, "gh");
    await Deno.writeTextFile(file, "first\n");
    const files = valueOf(await TokenFiles.open(folder, filesOf("gh", "late", "gh")));
    const said: string[] = [];
    const steps: [change: () => Promise<void>, token: string, line: string | undefined][] = [
      [() => Promise.resolve(), "first", undefined],
      [() => Deno.writeTextFile(file, ""), "first", "gh: is empty; keeping the current token"],
      [() => Deno.writeTextFile(file, "second"), "second", "gh: new token loaded"],
      [() => Deno.writeTextFile(file, "second\n"), "second", undefined],
      [() => Deno.remove(file), "second", "gh: no such file; keeping the current token"],
      [
        () => Deno.symlink("/etc/hostname", file),
        "second",
        "gh: leads out of the table's folder; keeping the current token",
      ],
      [
        async () => {
          await Deno.writeTextFile(`${file}.new`, "third");
          await Deno.rename(`${file}.new`, file);
        },
        "third",
        "gh: new token loaded",
      ],
    ];
    for (const [change, token, line] of steps) {
      said.length = 0;
      await change();
      for (let look = 0; look < 3; look++) await files.poll((text) => said.push(text));
      assertEquals([files.source("gh")?.current?.reveal(), said], [token, line === undefined ? [] : [line]]);
    }
    assertEquals(files.source("late")?.current, undefined);
    said.length = 0;
    await Deno.writeTextFile(join(folder, "late"), "");
    for (let look = 0; look < 3; look++) await files.poll((text) => said.push(text));
    assertEquals(said, ["late: is empty; there is no token yet"]);
    await Deno.writeTextFile(join(folder, "late"), "here");
    for (let look = 0; look < 2; look++) await files.poll(() => {});
    assertEquals(files.source("late")?.current?.reveal(), "here");
  });
});

Deno.test("TokenFiles says of each change whether it was loaded", async () => {
  await withFolder(async (folder) => {
    const file = join(folder, "gh");
    await Deno.writeTextFile(file, "first");
    const files = valueOf(await TokenFiles.open(folder, filesOf("gh")));
    for (const [content, loaded] of [["", false], ["second", true]] as const) {
      await Deno.writeTextFile(file, content);
      const said: boolean[] = [];
      for (let look = 0; look < 2; look++) await files.poll((_, loaded) => said.push(loaded));
      assertEquals(said, [loaded]);
    }
  });
});

Deno.test("TokenFiles names all files that can't be used, in the order of the table", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "b"), "");
    await Deno.writeTextFile(join(folder, "a"), "a\tb");
    assertEquals(linesOf(await TokenFiles.open(folder, filesOf("b", "unset", "a"))), [
      "b: is empty",
      "a: contains a tab at position 2 (the value is not shown)",
    ]);
  });
});

Deno.test("TokenFiles takes no token that its guard objects to, at the start, at a reload or later", async () => {
  await withFolder(async (folder) => {
    const objections = (name: string, token: Secret | undefined) =>
      token?.reveal().startsWith("bad") ? [problem(name, "conflict", "is bad")] : [];
    const guard: TokenGuard = {
      checkAll: (files) => ["one", "two"].flatMap((name) => objections(name, files.source(name)?.current)),
      checkOne: objections,
    };
    const write = (one: string, two: string) =>
      Promise.all([
        Deno.writeTextFile(join(folder, "one"), one),
        Deno.writeTextFile(join(folder, "two"), two),
      ]);
    const tokensOf = (files: TokenFiles) =>
      ["one", "two"].map((name) => files.source(name)?.current?.reveal());
    await write("good-1", "bad-1");
    assertEquals(linesOf(await TokenFiles.open(folder, filesOf("one", "two"), { guard })), ["two: is bad"]);
    await write("good-1", "good-2");
    const before = valueOf(await TokenFiles.open(folder, filesOf("one", "two"), { guard }));
    await write("good-3", "bad-3");
    const reload = await TokenFiles.open(folder, filesOf("one", "two"), { guard, before });
    assertEquals([linesOf(reload), tokensOf(before)], [["two: is bad"], ["good-1", "good-2"]]);
    const said: string[] = [];
    for (let look = 0; look < 2; look++) await before.poll((line) => said.push(line));
    assertEquals(said, ["one: new token loaded", "two: is bad; keeping the current token"]);
    assertEquals(tokensOf(before), ["good-3", "good-2"]);
    // A file that is gone keeps the token that was served.
    await Deno.remove(join(folder, "one"));
    await Deno.writeTextFile(join(folder, "two"), "good-4");
    const after = valueOf(await TokenFiles.open(folder, filesOf("one", "two"), { guard, before }));
    assertEquals([tokensOf(after), after.renewed], [["good-3", "good-4"], ["two"]]);
  });
});

Deno.test("TokenFiles reads a file with an absolute path from its own folder, which it does not leave", async () => {
  await withFolder(async (folder) => {
    await Deno.mkdir(join(folder, "secrets"));
    const file = join(folder, "secrets/gh");
    await Deno.writeTextFile(file, "secret");
    const files = valueOf(await TokenFiles.open("/none", filesOf(file)));
    assertEquals(files.source(file)?.current?.reveal(), "secret");
    await Deno.writeTextFile(join(folder, "outside"), "secret");
    await Deno.symlink("../outside", join(folder, "secrets/out"));
    const out = join(folder, "secrets/out");
    assertEquals(linesOf(await TokenFiles.open("/none", filesOf(out))), [`${out}: leads out of its folder`]);
  });
});
