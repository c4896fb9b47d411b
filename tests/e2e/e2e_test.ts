/**
 * The checks of `deno task e2e`; the clients themselves are too large to run with every test.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { findLeaks } from "./check_outcome.ts";
import { includesKey, makeKey } from "./secrets.ts";
import { runScript } from "./shell.ts";
import type { E2eFixture } from "./fixture.ts";
import { tableText } from "./markdown_table.ts";

Deno.test("includesKey() finds a key as it is and in base64, at any alignment", () => {
  const key = makeKey("real");
  for (const before of ["", "x", "xy", "xyz", "user:"]) {
    for (const after of ["", "z", "zz"]) {
      assert(includesKey(`a ${before}${key}${after} b`, key));
      assert(includesKey(`Basic ${btoa(before + key + after)}`, key), before + after);
    }
  }
  assert(!includesKey(`${makeKey("real")} ${btoa(makeKey("real"))}`, key));
});

Deno.test("findLeaks() checks the upstreams, the output, what was sent to the client, and the client's files", async () => {
  const [key, real] = [makeKey("sentinel"), makeKey("real")];
  const home = await Deno.makeTempDir();
  try {
    const fixture = (body: string, sent: string) => ({
      key,
      received: [{ head: "POST / HTTP/1.1", body }],
      setup: { tokens: { A: real } },
      sentToClients: () => sent,
    } as unknown as E2eFixture);
    const ran = (stderr: string) => ({ code: 0, stdout: "", stderr, seconds: 1 });
    assertEquals(await findLeaks({ fixture: fixture("", ""), ran: ran(key), home }), []);
    await Deno.mkdir(`${home}/.a/b`, { recursive: true });
    await Deno.writeTextFile(`${home}/.a/b/c`, `token=${real}`);
    assertEquals(await findLeaks({ fixture: fixture(btoa(`x:${key}`), real), ran: ran(`! ${real}`), home }), [
      "its key went to an upstream",
      "a real key is in what it printed",
      "a real key is in what it was sent",
      `a real key is in its file ${home}/.a/b/c`,
    ]);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("runScript() kills a script at its time limit, with all that it started", async () => {
  const home = await Deno.makeTempDir();
  try {
    const script = "echo begun; sleep 60 & sleep 60";
    const options = { script, clientsFolder: home, home, env: {}, limitMs: 500 };
    const { code, stdout, seconds } = await runScript(options);
    assertEquals([code, stdout], [undefined, "begun\n"]);
    assert(seconds < 10);
    assertEquals((await runScript({ ...options, script: "exit 3" })).code, 3);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("tableText() makes each column as wide as its widest cell", () => {
  assertEquals(tableText(["a", "b"], [["1", "long"]]), "| a   | b    |\n| --- | ---- |\n| 1   | long |");
});
