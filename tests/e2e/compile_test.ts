/**
 * Tests the binary that `task compile` makes: which permissions are baked in, and what a process under them refuses.
 *
 * `deno compile` appends the program to a base binary that it fetches. Here another program stands in for the base binary,
 * so that nothing is fetched. The result can't be run, but what is baked in can be read. Types are not checked, which
 * takes ten seconds where they never were: `task ok` has done that.
 *
 * @module
 */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { derivedFlags, runMain } from "../support/run_main.ts";
import { startService } from "../support/service.ts";
import { within } from "../support/within.ts";
import { withFolder } from "../support/with_folder.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** In milliseconds. Longer than elsewhere, since the file that is written has the size of the runtime. */
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

async function writeTable(folder: string, routes: readonly object[]): Promise<string> {
  const path = join(folder, "routes.json");
  await Deno.writeTextFile(path, JSON.stringify({ routes }));
  return path;
}

/** Makes a writable checkout. It copies the files, since `deno compile` does not bake in the target of a link. */
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

/** The program that stands in for the base binary: a small one, or the runtime where that is of another format. */
const BASE = Deno.build.os === "linux" ? "/bin/true" : Deno.execPath();

/** Runs a command in a folder, with another program as the base binary. */
async function build(
  folder: string,
  env: Readonly<Record<string, string>>,
  program: string,
  args: readonly string[],
): Promise<Deno.CommandOutput> {
  const child = new Deno.Command(program, {
    args: [...args],
    cwd: folder,
    env: { ...env, DENORT_BIN: BASE, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
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
  return build(folder, env, Deno.execPath(), ["task", "compile", "--no-check"]);
}

/** What `deno compile` stores for the start of the binary. */
interface Baked {
  readonly argv: readonly string[];
  readonly permissions: Readonly<Record<string, readonly string[] | boolean | null>>;
  readonly v8_flags: readonly string[];
}

async function readBaked(binary: string): Promise<Baked> {
  const bytes = await Deno.readFile(binary);
  const text = new TextDecoder("latin1").decode(bytes.subarray(-8 * 1024 * 1024));
  // A JSON object, followed by NULs.
  const [json = ""] = /\{"argv":\[(?=[^\0]*"permissions":)[^\0]*\}(?=\0)/.exec(text) ?? [];
  assert(json !== "", "Nothing is baked in, or in another form than before");
  return JSON.parse(json);
}

/** Returns the list that the flags grant for each kind of permission. */
function listsOf(flags: readonly string[]): Record<string, string[]> {
  return Object.fromEntries(flags.flatMap((flag) => {
    const [, kind, list] = /^--allow-(\w+)=(.*)$/.exec(flag) ?? [];
    return kind === undefined ? [] : [[kind, (list ?? "").split(",").toSorted()]];
  }));
}

/** Asserts that exactly what the flags grant is baked into a binary. */
async function assertBaked(binary: string, flags: readonly string[]): Promise<void> {
  const { argv, permissions, v8_flags } = await readBaked(binary);
  const expected = listsOf(flags);
  assertEquals(Object.keys(expected), ["net", "read", "env"]);
  const granted = Object.entries(permissions).flatMap(([name, list]) => {
    const [, kind] = /^allow_(\w+)$/.exec(name) ?? [];
    // The hosts that code may be imported from: the runtime's own list, which a binary has no use for.
    if (kind === undefined || kind === "import" || list === null) return [];
    return [[kind, Array.isArray(list) ? list.toSorted() : list]];
  });
  assertEquals(Object.fromEntries(granted), expected);
  // No prompt, and no arguments in front of those of the start.
  assertEquals([permissions["prompt"], argv], [false, []]);
  assert(v8_flags.includes("--max-semi-space-size=2"), v8_flags.join(" "));
}

Deno.test("task compile bakes in the flags that permissions prints, and no others", async () => {
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
    // The runtime of this test, under the name that the example uses.
    await Deno.writeTextFile(
      join(folder, "tools/npx"),
      `#!/bin/sh\nshift 2\nexec "${Deno.execPath()}" "$@"\n`,
      { mode: 0o755 },
    );
    const env = { CRED_PROXY_ROUTES: await writeTable(join(folder, "conf"), [GITHUB]) };
    const path = `${join(folder, "tools")}:${Deno.env.get("PATH")}`;
    const { code, stderr } = await build(folder, { ...env, PATH: path }, "sh", [
      "-euc",
      command.replace(" compile ", " compile --no-check "),
    ]);
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    await assertBaked(join(folder, "cred-proxy"), await derivedFlags(env));
  });
});

Deno.test("task compile makes no binary from an invalid table, and says once what is wrong", async () => {
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

// The tests below run the program under the flags that are baked into a binary, as the binary would.

Deno.test("under the flags of another table the service exits with 78, and says what is missing", async () => {
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

Deno.test("under the flags of another folder the service exits with 78, and names the table that it may not read", async () => {
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
  // The port is chosen at the start, so the flags that name it are derived again.
  const env = { ...service.env, CRED_PROXY_PORT: String(service.port) };
  const { code, stderr } = await runMain(["healthcheck"], { env, flags: await derivedFlags(env) });
  assertEquals([code, stderr], [0, ""]);
  // As docs/OPERATING.md says: permission to listen on all addresses does not cover a connection to one of them.
  const all = { ...env, CRED_PROXY_BIND: "0.0.0.0" };
  assertEquals((await runMain(["healthcheck"], { env: all, flags: await derivedFlags(all) })).code, 1);
});

Deno.test("where no base binary is to be had, the last line of task compile says what to do", async () => {
  await withFolder(async (folder) => {
    // A runtime that fetches nothing: the first script is asked for the executable, and names the second.
    const asked = join(folder, "deno");
    await Deno.writeTextFile(asked, `#!/bin/sh\necho "$0.real"\n`, { mode: 0o755 });
    const real =
      `#!/bin/sh\n[ "$1" = compile ] && { echo 'error: no base binary' >&2; exit 1; }\nexec '${Deno.execPath()}' "$@"\n`;
    await Deno.writeTextFile(`${asked}.real`, real, { mode: 0o755 });
    const { code, stderr } = await new Deno.Command(join(ROOT, "bin/cred-proxy"), {
      args: ["compile"],
      cwd: folder,
      clearEnv: true,
      env: { PATH: "/usr/bin:/bin", DENO: asked, CRED_PROXY_ROUTES: await writeTable(folder, [GITHUB]) },
    }).output();
    const lines = new TextDecoder().decode(stderr).trimEnd().split("\n");
    assertEquals(code, 1);
    assertEquals(lines[0], "error: no base binary");
    assert(/^cred-proxy: made no binary\. .* set DENORT_BIN to /.test(lines[1] ?? ""), lines.join());
    assertEquals(lines.length, 2);
  });
});
