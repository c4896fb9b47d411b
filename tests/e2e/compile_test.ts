/**
 * The binary that `task compile` makes: which rights are baked into it, and what a process under these rights refuses.
 *
 * `deno compile` puts the program behind a base binary that it fetches. Here the runtime itself stands in for that one, so
 * that all of it is done but the fetching. What comes out can't be run; what is baked in can be read.
 *
 * @module
 */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { derivedFlags, runMain } from "../support/run_main.ts";
import { startService } from "../support/service.ts";
import { within } from "../support/within.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** Longer than a child may take elsewhere: the file that is written has the size of the runtime. */
const PATIENCE = 60_000;

const GITHUB = {
  path: "/gh/",
  upstream: "https://api.github.com",
  auth_scheme: "Bearer",
  token_env: "GH_TOKEN",
};
const ANTHROPIC = {
  path: "/anthropic/",
  upstream: "https://api.anthropic.com",
  auth_scheme: "",
  token_env: "ANTHROPIC_KEY",
};

/** Runs with a folder that is removed afterwards. */
async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function writeTable(folder: string, routes: readonly object[]): Promise<string> {
  const path = join(folder, "routes.json");
  await Deno.writeTextFile(path, JSON.stringify({ routes }));
  return path;
}

/** A checkout in which a file may be made. Nothing is linked: what a link leads to is not baked in. */
async function copyCheckout(folder: string): Promise<void> {
  for (const name of ["main.ts", "deno.json"]) {
    await Deno.copyFile(join(ROOT, name), join(folder, name));
  }
  async function copyFolder(name: string): Promise<void> {
    await Deno.mkdir(join(folder, name));
    for await (const entry of Deno.readDir(join(ROOT, name))) {
      const path = join(name, entry.name);
      await (entry.isDirectory ? copyFolder(path) : Deno.copyFile(join(ROOT, path), join(folder, path)));
    }
  }
  for (const name of ["bin", "lib"]) await copyFolder(name);
}

/** Runs a command in a folder, with the runtime itself as the base binary. */
async function build(
  folder: string,
  env: Readonly<Record<string, string>>,
  program: string,
  args: readonly string[],
): Promise<Deno.CommandOutput> {
  const child = new Deno.Command(program, {
    args: [...args],
    cwd: folder,
    env: { ...env, DENORT_BIN: Deno.execPath(), DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  try {
    return await within(child.output(), `End of ${program}`, PATIENCE);
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

function compile(folder: string, env: Readonly<Record<string, string>>): Promise<Deno.CommandOutput> {
  return build(folder, env, Deno.execPath(), ["task", "compile"]);
}

/** What `deno compile` writes down for the binary's start. */
interface Baked {
  readonly argv: readonly string[];
  readonly permissions: Readonly<Record<string, readonly string[] | boolean | null>>;
  readonly v8_flags: readonly string[];
}

async function readBaked(binary: string): Promise<Baked> {
  const bytes = await Deno.readFile(binary);
  const text = new TextDecoder("latin1").decode(bytes.subarray(-8 * 1024 * 1024));
  // An object of JSON, and NULs behind it.
  const [json = ""] = /\{"argv":\[(?=[^\0]*"permissions":)[^\0]*\}(?=\0)/.exec(text) ?? [];
  assert(json !== "", "Nothing is baked in, or in another form than before");
  return JSON.parse(json);
}

/** The lists of the kinds that flags grant. */
function listsOf(flags: readonly string[]): Record<string, string[]> {
  return Object.fromEntries(flags.flatMap((flag) => {
    const [, kind, list] = /^--allow-(\w+)=(.*)$/.exec(flag) ?? [];
    return kind === undefined ? [] : [[kind, (list ?? "").split(",").toSorted()]];
  }));
}

/** Holds what is baked into a binary against flags. */
async function assertBaked(binary: string, flags: readonly string[]): Promise<void> {
  const { argv, permissions, v8_flags } = await readBaked(binary);
  const expected = listsOf(flags);
  assertEquals(Object.keys(expected), ["net", "read", "env"]);
  const granted = Object.entries(permissions).flatMap(([name, list]) => {
    const [, kind] = /^allow_(\w+)$/.exec(name) ?? [];
    // Where code may be fetched from: the runtime's own list, for which a binary has no use.
    if (kind === undefined || kind === "import" || list === null) return [];
    return [[kind, Array.isArray(list) ? list.toSorted() : list]];
  });
  assertEquals(Object.fromEntries(granted), expected);
  // Never a question, and no argument that a start would have beside its own.
  assertEquals([permissions["prompt"], argv], [false, []]);
  assert(v8_flags.includes("--max-semi-space-size=2"), v8_flags.join(" "));
}

Deno.test("task compile bakes the flags in that permissions prints, and no others", async () => {
  await withFolder(async (folder) => {
    await copyCheckout(folder);
    await Deno.mkdir(join(folder, "conf"));
    const env = { CRED_PROXY_ROUTES: await writeTable(join(folder, "conf"), [GITHUB, ANTHROPIC]) };
    const { code, stderr } = await compile(folder, env);
    assertEquals(code, 0, new TextDecoder().decode(stderr));

    await assertBaked(join(folder, "cred-proxy"), await derivedFlags(env));
  });
});

Deno.test("the cross build of docs/OPERATING.md bakes in the same", async () => {
  const text = await Deno.readTextFile(join(ROOT, "docs/OPERATING.md"));
  const [, command = ""] = /^```sh\n([^`]*compile --target[^`]*)^```$/m.exec(text) ?? [];
  await withFolder(async (folder) => {
    await copyCheckout(folder);
    for (const name of ["conf", "tools"]) await Deno.mkdir(join(folder, name));
    // The runtime of this test under the name that the example uses.
    await Deno.writeTextFile(
      join(folder, "tools/npx"),
      `#!/bin/sh\nshift 2\nexec "${Deno.execPath()}" "$@"\n`,
      { mode: 0o755 },
    );
    const env = { CRED_PROXY_ROUTES: await writeTable(join(folder, "conf"), [GITHUB]) };
    const path = `${join(folder, "tools")}:${Deno.env.get("PATH")}`;
    const { code, stderr } = await build(folder, { ...env, PATH: path }, "sh", ["-euc", command]);
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    await assertBaked(join(folder, "cred-proxy"), await derivedFlags(env));
  });
});

Deno.test("task compile makes nothing of a wrong table, and says what is wrong once", async () => {
  await withFolder(async (folder) => {
    await copyCheckout(folder);
    await Deno.mkdir(join(folder, "conf"));
    const table = await writeTable(join(folder, "conf"), [{ ...GITHUB, upstream: "ftp://x" }]);
    const { code, stderr } = await compile(folder, { CRED_PROXY_ROUTES: table });
    assertNotEquals(code, 0);
    assertEquals(new TextDecoder().decode(stderr).match(/^cred-proxy: routes\[0\]\.upstream: /gm)?.length, 1);
    assertEquals([...Deno.readDirSync(folder)].filter(({ name }) => name.startsWith("cred-proxy")), []);
  });
});

// What follows runs the program under the flags that are baked into a binary, which is what the binary does.

Deno.test("under the flags of another table the service ends with 78, and says what is missing", async () => {
  await withFolder(async (folder) => {
    const env = { CRED_PROXY_ROUTES: await writeTable(folder, [GITHUB]), CRED_PROXY_BIND: "127.0.0.1" };
    const flags = await derivedFlags(env);
    const cases: [what: string, routes: object[], env: Record<string, string>, lines: string[]][] = [
      ["another upstream and token", [GITHUB, ANTHROPIC], {}, [
        "--allow-net: is missing api.anthropic.com:443",
        "--allow-env: is missing ANTHROPIC_KEY",
      ]],
      ["another address", [GITHUB], { CRED_PROXY_PORT: "9098" }, ["--allow-net: is missing 127.0.0.1:9098"]],
      ["an egress proxy", [GITHUB], { HTTPS_PROXY: "http://egress:3128" }, [
        "--allow-net: is missing egress:3128",
      ]],
    ];
    for (const [what, routes, more, lines] of cases) {
      await writeTable(folder, routes);
      // Without a verb, as a binary is started.
      const { code, stderr } = await runMain([], { env: { ...env, ...more }, flags });
      assertEquals(code, 78, what);
      for (const line of lines) assert(stderr.includes(`cred-proxy: ${line}\n`), `${what}: ${stderr}`);
    }
  });
});

Deno.test("under the flags of another folder the service ends with 78, and names the table that it may not read", async () => {
  await withFolder(async (folder) => {
    const flags = await derivedFlags({ CRED_PROXY_ROUTES: await writeTable(folder, [GITHUB]) });
    await withFolder(async (other) => {
      const table = await writeTable(other, [GITHUB]);
      const { code, stderr } = await runMain([], { env: { CRED_PROXY_ROUTES: table }, flags });
      assertEquals(code, 78);
      assert(stderr.startsWith(`cred-proxy: --allow-read: is missing ${table};`), stderr);
    });
  });
});

Deno.test("under the flags of a binary healthcheck finds a service that is bound to one address", async () => {
  await using service = await startService({ routes: { routes: [GITHUB] } });
  // The port is picked at the start, so the flags that name it are derived anew.
  const env = { ...service.env, CRED_PROXY_PORT: String(service.port) };
  const { code, stderr } = await runMain(["healthcheck"], { env, flags: await derivedFlags(env) });
  assertEquals([code, stderr], [0, ""]);
  // As docs/OPERATING.md says: a right to listen on all addresses is none to ask oneself on one of them.
  const all = { ...env, CRED_PROXY_BIND: "0.0.0.0" };
  assertEquals((await runMain(["healthcheck"], { env: all, flags: await derivedFlags(all) })).code, 1);
});
