/**
 * That the threat model names tests that there are.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("../../", import.meta.url);
const DOCUMENT: string = await Deno.readTextFile(new URL("docs/SECURITY.md", ROOT));

/** The promises, each with the lines of its list. */
function promises(): { readonly title: string; readonly items: readonly string[] }[] {
  const [, section = ""] = /^## What is promised\n([^]*?)^## /m.exec(DOCUMENT) ?? [];
  return section.split(/^### /m).slice(1).map((text) => {
    const [title = "", ...lines] = text.split("\n");
    return { title, items: lines.filter((line) => /^\s*[-*] /.test(line)) };
  });
}

/** The names of a file's tests. */
async function testsOf(file: string): Promise<readonly string[]> {
  const source = await Deno.readTextFile(new URL(file, ROOT));
  return Array.from(
    source.matchAll(/^(?:Deno\.)?test\((?:\{\s*name:)?\s*"([^"]+)"/gm),
    ([, name]) => name ?? "",
  );
}

Deno.test("each promise of docs/SECURITY.md names tests, and each of them exists", async () => {
  const all = promises();
  assert(all.length > 5, "The promises were not found");
  for (const { title, items } of all) {
    assert(items.length > 0, `No test shows "${title}"`);
    for (const item of items) {
      const [, file = "", name = ""] = /^- `(tests\/\w+\/\w+_test\.ts)`: (.+)$/.exec(item) ?? [];
      assert(file !== "", `"${item}" names no file and test`);
      assert((await testsOf(file)).includes(name), `${file} has no test "${name}"`);
    }
  }
});

Deno.test("each file of the attack and leak suites shows a promise of docs/SECURITY.md", () => {
  const named = promises().flatMap(({ items }) => items).join("\n");
  const files = Array.from(
    Deno.readDirSync(new URL("tests/security/", ROOT)),
    ({ name }) => `tests/security/${name}`,
  )
    .filter((name) => /\/(?:attack|leak)_/.test(name));
  assertEquals(files.length, 11);
  for (const file of files) assert(named.includes(file), `${file} shows no promise`);
});
