/**
 * The documents: their examples run as they stand there, and what they name exists.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { parseRoutes } from "../../lib/config/route/route_table.ts";
import { SETTINGS } from "../../lib/config/settings/settings.ts";
import { Refusal, REFUSAL_CODES, refusalResponse, refusalStatus } from "../../lib/http/refusal.ts";
import { valueOf } from "../support/result.ts";
import { Log } from "../support/log.ts";
import { endChild } from "../support/run_main.ts";
import { blocks, document, DOCUMENTS, linkTargets, ROOT } from "./markdown.ts";

const README = document("README.md");
const ROUTES = document("docs/ROUTES.md");
const OPERATING = document("docs/OPERATING.md");
const CONTRIBUTING = document("CONTRIBUTING.md");

/** The one block that contains a text. */
function blockWith(text: string, language: string, part: string): string {
  const found = blocks(text, language).filter((block) => block.includes(part));
  assertEquals(found.length, 1, part);
  return found[0] ?? "";
}

Deno.test("the route tables of the documents are valid", () => {
  const tables = [...DOCUMENTS.values()].flatMap((text) => blocks(text, "json"))
    .filter((block) => block.includes('"routes"'));
  assert(tables.length >= 5);
  for (const table of tables) valueOf(parseRoutes(table));
});

Deno.test("the refusal that docs/ROUTES.md shows is the one that is sent", async () => {
  const shown = blockWith(ROUTES, "json", '"error"');
  assertEquals(JSON.parse(shown), await refusalResponse(new Refusal("no_route", "/x"), "GET", "id").json());
});

Deno.test("docs/ROUTES.md lists every refusal with its status, and no other", () => {
  const listed = [...ROUTES.matchAll(/^\| (\d{3}) +\| ((?:`\w+`(?:, )?)+) +\|/gm)].flatMap((
    [, status, codes = ""],
  ) => [...codes.matchAll(/`(\w+)`/g)].map(([, code]) => `${status} ${code}`));
  assertEquals(
    listed.toSorted(),
    REFUSAL_CODES.map((code) => `${refusalStatus(code)} ${code}`).toSorted(),
  );
});

Deno.test("the README's quick start serves, and prints the lines that it shows", async () => {
  const folder = await Deno.makeTempDir();
  try {
    // A checkout, and the runtime of this test under its usual name.
    for (const { name } of Deno.readDirSync(ROOT)) {
      if (name === "conf" || name.startsWith(".")) continue;
      await Deno.symlink(fromFileUrl(new URL(name, ROOT)), join(folder, name));
    }
    const tools = join(folder, "tools");
    await Deno.mkdir(tools);
    await Deno.symlink(Deno.execPath(), join(tools, "deno"));
    const child = new Deno.Command("sh", {
      args: ["-euc", blockWith(README, "sh", "cred-proxy start").replace(/^bin.* start$/m, "exec $&")],
      cwd: folder,
      env: { PATH: `${tools}:${Deno.env.get("PATH")}`, CRED_PROXY_PORT: "0", NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const [stdout, stderr] = [new Log(child.stdout), new Log(child.stderr)];
    try {
      const [lines] = await stderr.match(/^cred-proxy: route table .*\ncred-proxy listening .*$/m, 15_000);
      assertEquals(`${lines}\n`.replace(/:\d+;/, ":9099;"), blockWith(README, "", "cred-proxy listening"));
    } finally {
      await endChild(child, "SIGTERM");
      await Promise.all([stdout.done, stderr.done]);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("docs/OPERATING.md lists every setting with its default, and no other", () => {
  const listed = [...OPERATING.matchAll(/^\| `([A-Z_]+)` +\| [^|]+ \| (?:`([^`]+)`|[a-z ]+) +\|$/gm)]
    .filter(([, name = ""]) => /^(?:CRED_PROXY_|\w+_PROXY$)/.test(name))
    .map(([, name = "", value = ""]) => [name, value]);
  const declared = Object.values(SETTINGS).map((setting) => [setting.variable, setting.default ?? ""]);
  assertEquals(listed.toSorted(), declared.toSorted());
});

Deno.test("each task that a document names exists, and CONTRIBUTING.md names them all", () => {
  const { tasks } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT)));
  for (const [path, text] of DOCUMENTS) {
    // The changelog names tasks of its time.
    if (path === "CHANGELOG.md") continue;
    for (const [, name = ""] of text.matchAll(/(?:`|deno@\S+ |deno )task (?:--quiet )?([a-z][\w:-]*)/g)) {
      assert(name in tasks, `${path} names the task ${name}`);
    }
  }
  for (const name of Object.keys(tasks)) assert(CONTRIBUTING.includes(`\`${name}`), name);
});

Deno.test("each link to a file of this repository leads to one, and to a heading that it has", () => {
  for (const [path, text] of DOCUMENTS) {
    for (const target of linkTargets(text)) {
      if (/^https?:/.test(target)) continue;
      Deno.statSync(new URL(target, new URL(path, ROOT)));
    }
    for (const [, target = "", anchor = ""] of text.matchAll(/\]\(([^)#\s]*)#([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const linked = target === "" ? path : new URL(target, new URL(path, ROOT)).href.slice(ROOT.href.length);
      assert(anchorsOf(document(linked)).includes(anchor), `${path}: ${target}#${anchor}`);
    }
  }
});

/** The anchors that a forge makes of a document's headings. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading.toLowerCase().replaceAll(/[^\w\- ]/g, "").replaceAll(" ", "-")
  );
}

/** How wide a line of prose may be, in characters. */
const WIDTH = 100;

Deno.test(`the documents' prose is wrapped at ${WIDTH} columns`, () => {
  for (const [path, text] of DOCUMENTS) {
    const prose = text.replaceAll(/^```.*?^```$/gms, "").split("\n")
      // A table's row, a test's title and a lone link can't be wrapped.
      .filter((line) => !/^(?:\||#|- `tests\/|\[[^\]]*\]\([^)]*\)\S?$)/.test(line));
    for (const line of prose) assert([...line].length <= WIDTH, `${path}: ${line}`);
  }
});

Deno.test("each file of the repository that a document names in backquotes exists", () => {
  // The changelog names files of its time.
  const texts = [...DOCUMENTS].filter(([path]) => path !== "CHANGELOG.md");
  const named = texts.flatMap(([path, text]) =>
    [...text.matchAll(/`((?:lib|bin|deploy|tests|examples|demo|bench)\/[\w./-]*)`/g)]
      .map(([, name = ""]) => ({ path, name }))
  );
  assertEquals(named.filter(({ name }) => !exists(new URL(name, ROOT))), []);
});

function exists(url: URL): boolean {
  try {
    Deno.statSync(url);
    return true;
  } catch {
    return false;
  }
}
