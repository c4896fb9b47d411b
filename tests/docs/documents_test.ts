/**
 * The examples of the documents, run as they stand there.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { parseRoutes } from "../../lib/config/route/route_table.ts";
import { SETTING_VARIABLES } from "../../lib/config/settings/settings.ts";
import { Refusal, refusalResponse } from "../../lib/http/refusal.ts";
import { valueOf } from "../support/result.ts";
import { Log } from "../support/log.ts";
import { endChild } from "../support/run_main.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));
const README = await Deno.readTextFile(join(ROOT, "README.md"));
const ROUTES = await Deno.readTextFile(join(ROOT, "docs/ROUTES.md"));

/** The fenced blocks of one language; "" for those of none. */
function blocks(text: string, language: string): string[] {
  return [...text.matchAll(/^```(\S*)\n(.*?)^```$/gms)]
    .filter(([, name]) => name === language).map(([, , block]) => block ?? "");
}

/** The one block that holds a text. */
function blockWith(text: string, language: string, part: string): string {
  const found = blocks(text, language).filter((block) => block.includes(part));
  assertEquals(found.length, 1, part);
  return found[0] ?? "";
}

Deno.test("the route tables of the documents are good ones", () => {
  const tables = [...blocks(README, "json"), ...blocks(ROUTES, "json")].filter((block) =>
    block.includes('"routes"')
  );
  assert(tables.length >= 2);
  for (const table of tables) valueOf(parseRoutes(table));
});

Deno.test("the refusal that docs/ROUTES.md shows is the one that is sent", async () => {
  const shown = blockWith(ROUTES, "json", '"error"');
  assertEquals(JSON.parse(shown), await refusalResponse(new Refusal("no_route", "/x"), "GET", "id").json());
});

Deno.test("the README's table, commands and start line belong together", async () => {
  const folder = await Deno.makeTempDir();
  try {
    // A checkout with the example's table, and the runtime of this test under the name that the example uses.
    for (const name of ["main.ts", "bin", "lib", "deno.json"]) {
      await Deno.symlink(join(ROOT, name), join(folder, name));
    }
    await Deno.mkdir(join(folder, "conf"));
    await Deno.writeTextFile(join(folder, "conf/routes.json"), blockWith(README, "json", '"routes"'));
    await Deno.mkdir(join(folder, "tools"));
    await Deno.writeTextFile(
      join(folder, "tools/npx"),
      `#!/bin/sh\nshift 2\nexec "${Deno.execPath()}" "$@"\n`,
      { mode: 0o755 },
    );
    const child = new Deno.Command("sh", {
      args: ["-c", blockWith(README, "sh", "task start").replace(/^npx/m, "exec npx")],
      cwd: folder,
      env: { PATH: `${join(folder, "tools")}:${Deno.env.get("PATH")}`, CRED_PROXY_PORT: "0", NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const [stdout, stderr] = [new Log(child.stdout), new Log(child.stderr)];
    try {
      const [line] = await stderr.match(/^cred-proxy listening .*$/m, 15_000);
      assertEquals(`${line}\n`.replace(/:\d+;/, ":9099;"), blockWith(README, "", "cred-proxy listening"));
    } finally {
      await endChild(child, "SIGTERM");
      await Promise.all([stdout.done, stderr.done]);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the README tells every variable that is read", () => {
  for (const name of SETTING_VARIABLES) assert(README.includes(`\`${name.toUpperCase()}\``), name);
});

Deno.test("each task that the README names exists", () => {
  const { tasks } = JSON.parse(Deno.readTextFileSync(join(ROOT, "deno.json")));
  const named = new Set(
    [...README.matchAll(/\btask ([a-z:-]+)/g)].map(([, name]) => name ?? "").filter((name) =>
      name !== "alone"
    ),
  );
  for (const name of named) assert(name in tasks, name);
});
