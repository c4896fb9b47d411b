/**
 * The launcher `bin/cred-proxy` and the tasks that start it: what they download, where they can be started from, and which
 * process gets a signal.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { Log } from "../support/log.ts";
import { CHILD_PATIENCE, endChild } from "../support/run_main.ts";
import { within } from "../support/within.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

const TABLE = {
  routes: [{ path: "/a/", upstream: "https://a.example", auth_scheme: "Bearer", token_env: "A_TOKEN" }],
};

const SETTINGS = {
  CRED_PROXY_BIND: "127.0.0.1",
  CRED_PROXY_PORT: "0",
  A_TOKEN: "a-secret-token",
  NO_COLOR: "1",
};

/** A path with `sh` and the tools that the launcher calls, but without `deno`. */
const PATH = "/usr/bin:/bin";

/** Runs with a folder that holds `conf/routes.json`, and removes it. */
async function withTable(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "cred-proxy-" });
  try {
    await Deno.mkdir(join(folder, "conf"));
    await Deno.writeTextFile(join(folder, "conf/routes.json"), JSON.stringify(TABLE));
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Starts a program, ends it with SIGTERM when it listens, and returns what it wrote to stderr. */
async function serveAndStop(program: string, options: Deno.CommandOptions): Promise<string> {
  const child = new Deno.Command(program, {
    ...options,
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [stdout, stderr] = [new Log(child.stdout), new Log(child.stderr)];
  try {
    await stderr.match(/^cred-proxy listening on 127\.0\.0\.1:\d+; 1 route\(s\): \/a\/$/m, CHILD_PATIENCE);
    child.kill("SIGTERM");
    const { code } = await within(
      child.status,
      () => `The end after SIGTERM: ${stderr.text}`,
      CHILD_PATIENCE,
    );
    // The pipes end once no process holds them, so this shows that none is left.
    await within(Promise.all([stdout.done, stderr.done]), "The end of each process", CHILD_PATIENCE);
    assertEquals([code, stdout.text], [0, ""], stderr.text);
    return stderr.text;
  } finally {
    await endChild(child, "SIGKILL");
  }
}

Deno.test("task start serves with an empty cache and no registry, downloads nothing, and drains on SIGTERM", async () => {
  await withTable(async (folder) => {
    const nowhere = "http://127.0.0.1:1/";
    const stderr = await serveAndStop(Deno.execPath(), {
      args: ["task", "start"],
      cwd: ROOT,
      env: {
        ...SETTINGS,
        PATH,
        DENO_DIR: join(folder, "cache"),
        NPM_CONFIG_REGISTRY: nowhere,
        JSR_URL: nowhere,
        CRED_PROXY_ROUTES: join(folder, "conf/routes.json"),
      },
    });
    assert(!stderr.includes("Download"), stderr);
  });
});

Deno.test("task dev is task start with the variables of .env", async () => {
  await withTable(async (folder) => {
    // A checkout of its own, since .env lies in it.
    for (const name of ["main.ts", "bin", "lib", "deno.json"]) {
      await Deno.symlink(join(ROOT, name), join(folder, name));
    }
    await Deno.writeTextFile(
      join(folder, ".env"),
      "CRED_PROXY_ROUTES=conf/routes.json\nCRED_PROXY_BIND=127.0.0.1\n",
    );
    const { CRED_PROXY_BIND: _, ...settings } = SETTINGS;
    await serveAndStop(Deno.execPath(), {
      args: ["task", "dev"],
      cwd: folder,
      env: { ...settings, PATH, DENO_DIR: join(folder, "cache") },
    });
  });
});

Deno.test("the launcher works through a link, in another folder, with a table relative to it", async () => {
  await withTable(async (folder) => {
    await Deno.mkdir(join(folder, "bin"));
    await Deno.symlink(join(ROOT, "bin/cred-proxy"), join(folder, "bin/cred-proxy"));
    // Not this folder's configuration, but the one of the program.
    await Deno.writeTextFile(join(folder, "deno.json"), "not JSON");
    await serveAndStop("cred-proxy", {
      cwd: folder,
      env: {
        ...SETTINGS,
        PATH: `${join(folder, "bin")}:${PATH}`,
        DENO: Deno.execPath(),
        DENO_DIR: join(folder, "cache"),
        CRED_PROXY_ROUTES: "conf/routes.json",
      },
    });
  });
});

const LAUNCHER = join(ROOT, "bin/cred-proxy");

/** Runs a verb of the launcher to its end, in a folder and with nothing but these variables. */
async function launch(args: readonly string[], cwd: string, env: Readonly<Record<string, string>>) {
  const { code, stdout, stderr } = await new Deno.Command(join(ROOT, "bin/cred-proxy"), {
    args: [...args],
    cwd,
    clearEnv: true,
    env: { PATH, DENO: Deno.execPath(), DENO_DIR: join(cwd, "cache"), NO_COLOR: "1", ...env },
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test("without CRED_PROXY_ROUTES the launcher looks for the table and the variables that belong to it", async () => {
  await withTable(async (folder) => {
    const table = await Deno.readTextFile(join(folder, "conf/routes.json"));
    await Deno.mkdir(join(folder, "home/.config/cred-proxy"), { recursive: true });
    const settings = join(folder, "home/.config/cred-proxy");
    await Deno.writeTextFile(join(settings, "routes.json"), table.replaceAll("/a/", "/mine/"));
    await Deno.writeTextFile(join(settings, ".env"), "A_TOKEN=a$b#c-secret\n");
    const home = { HOME: join(folder, "home") };
    const check = (cwd: string, env: Record<string, string>) => launch(["check", "--strict"], cwd, env);

    const mine = await check(settings, home);
    assertEquals(
      [mine.code, mine.stdout.split("\n")[0]],
      [0, `${settings}/routes.json: 1 route(s)`],
      mine.stderr,
    );
    // A table of the folder comes first, and the variables of the other one are not for it.
    const here = await check(folder, home);
    assertEquals([here.code, here.stdout.split("\n")[0]], [78, "conf/routes.json: 1 route(s)"]);
    await Deno.writeTextFile(join(folder, ".env"), "A_TOKEN='a-secret-token'\n");
    assertEquals((await check(folder, home)).code, 0);
    // What is named comes first of all, and then no variables are looked for.
    const named = await check(folder, { ...home, CRED_PROXY_ROUTES: join(settings, "routes.json") });
    assertEquals([named.code, named.stdout.split("\n")[0]], [78, mine.stdout.split("\n")[0]]);
    // The first words somebody sees who starts it without a table.
    for (const verb of ["check", "start", "doctor", "clients", "run"]) {
      const nowhere = await launch([verb], join(folder, "home"), { HOME: "/nowhere" });
      assertEquals([nowhere.code, nowhere.stdout], [78, ""]);
      const here = verb === "run" ? "" : "conf/routes.json, ";
      assertEquals(
        nowhere.stderr.replaceAll(LAUNCHER, "cred-proxy"),
        "cred-proxy: no route table yet. Make one: cred-proxy init PROVIDER (cred-proxy providers lists them). Or name " +
          `yours in CRED_PROXY_ROUTES. Looked for: ${here}/nowhere/.config/cred-proxy/routes.json, ` +
          "/run/cred-proxy/routes.json\n",
      );
    }
    // By the word that was typed.
    const misnamed = await launch(["check", "none.json"], folder, home);
    assert(misnamed.stderr.includes(`make one with: ${LAUNCHER} init PROVIDER`), misnamed.stderr);
    assert((await launch(["help"], folder, home)).stdout.includes(`  ${LAUNCHER} [--env-file`));
  });
});

Deno.test("a table that nobody has named is not served if it may be somebody else's work, and no token is sent", async () => {
  await withTable(async (folder) => {
    const home = join(folder, "home");
    await Deno.mkdir(join(home, ".config/cred-proxy"), { recursive: true });
    const env = { HOME: home, A_TOKEN: "a-secret-token" };
    const sh = async (script: string) => {
      const { success, stderr } = await new Deno.Command("sh", { args: ["-euc", script], cwd: folder })
        .output();
      assert(success, new TextDecoder().decode(stderr));
    };
    const refuses = async (why: RegExp, more: Readonly<Record<string, string>> = {}) => {
      for (const verb of ["start", "serve", "doctor", "compile"]) {
        const { code, stdout, stderr } = await launch([verb], folder, { ...env, ...more });
        assertEquals([verb, code, stdout], [verb, 78, ""], stderr);
        assertMatch(stderr, why);
        assertMatch(stderr, /to use it all the same, name it: CRED_PROXY_ROUTES=conf\/routes\.json\n$/);
      }
    };
    const serves = async (more: Readonly<Record<string, string>> = {}) => {
      const { code, stdout, stderr } = await launch(["doctor"], folder, { ...env, ...more });
      assertEquals(code, 1, stderr);
      assertMatch(stdout, /^\/a\/ → https:\/\/a\.example {2}not reachable: /);
    };
    // As somebody has who has written it.
    await sh("git init -q .");
    await serves();

    await sh("git add conf/routes.json");
    await refuses(/^cred-proxy: conf\/routes\.json: belongs to the repository here/);
    await serves({ CRED_PROXY_ROUTES: "conf/routes.json" });
    // Other verbs send nothing.
    assertEquals((await launch(["check"], folder, env)).code, 0);
    await sh("git mv conf other && ln -s other conf");
    await refuses(/belongs to the repository here/);
    await sh("rm -rf .git conf && mv other conf");
    await serves();

    const changed = join(home, ".config/cred-proxy/sandboxed");
    await Deno.writeTextFile(changed, `/elsewhere\n${folder}\n`);
    await refuses(/may be the work of a command that was run in a sandbox in \S+, and a table says/);
    await Deno.writeTextFile(changed, `${folder}/other\n${folder.slice(0, -1)}\n`);
    await serves();
  });
});

Deno.test({
  name: "a table of another user's that nobody has named is not served",
  ignore: Deno.uid() !== 0,
  async fn() {
    await withTable(async (folder) => {
      const env = { HOME: "/nowhere", A_TOKEN: "a-secret-token", PATH: `${folder}/bin:${PATH}` };
      await Deno.mkdir(join(folder, "bin"));
      await Deno.writeTextFile(join(folder, "bin/id"), "#!/bin/sh\necho 1000\n", { mode: 0o755 });
      assertEquals((await launch(["doctor"], folder, env)).code, 1, "root's");
      await Deno.chown(join(folder, "conf/routes.json"), 1000, null);
      assertEquals((await launch(["doctor"], folder, env)).code, 1, "the user's");
      await Deno.chown(join(folder, "conf/routes.json"), 1001, null);
      const { code, stderr } = await launch(["doctor"], folder, env);
      assertEquals(code, 78);
      assertMatch(stderr, /is owned by another user/);
    });
  },
});

Deno.test({
  name: "a table of another user's repository that nobody has named is not served to root either",
  ignore: Deno.uid() !== 0,
  async fn() {
    await withTable(async (folder) => {
      const script = "git init -q . && git add conf/routes.json && chown -R 1001 .";
      const { success } = await new Deno.Command("sh", { args: ["-euc", script], cwd: folder }).output();
      assert(success);
      const { code, stderr } = await launch(["doctor"], folder, {
        HOME: "/nowhere",
        A_TOKEN: "a-secret-token",
      });
      assertEquals(code, 78, stderr);
      assertMatch(stderr, /belongs to the repository here/);
    });
  },
});

Deno.test("of the variables beside the table of a folder, only tokens and settings are taken", async () => {
  await withTable(async (folder) => {
    const lines = ["A_TOKEN=a-secret-token", "LD_PRELOAD=./any.so", "CRED_PROXY_PRT=1", "DENO_LOG=debug"];
    await Deno.writeTextFile(join(folder, ".env"), lines.join("\n"));
    const { code, stdout, stderr } = await launch(["check", "--strict"], folder, { HOME: "/nowhere" });
    assertEquals([code, stdout.split("\n")[1]], [0, "  /a/ → https://a.example, A_TOKEN set"]);
    assertMatch(stderr, /^cred-proxy: CRED_PROXY_PRT: .*CRED_PROXY_PORT\?/);
    assertEquals(stderr.trimEnd().split("\n").length, 1, stderr);
  });
});

Deno.test("--env-file gives any verb the variables of a file, except for those that are set", async () => {
  await withTable(async (folder) => {
    await Deno.writeTextFile(
      join(folder, "my.env"),
      "CRED_PROXY_ROUTES=conf/routes.json\nA_TOKEN=short\nEMPTY=\n",
    );
    const given = await launch(["--env-file=my.env", "check"], folder, { A_TOKEN: "a-longer-token" });
    assertEquals(
      given.stdout,
      "conf/routes.json: 1 route(s)\n  /a/ → https://a.example, A_TOKEN set\n",
      given.stderr,
    );
    const read = await launch(["--env-file=my.env", "check"], folder, {});
    assert(read.stdout.includes("shorter than 8 bytes"), read.stdout);
    const clients = await launch(["--env-file=my.env", "clients"], folder, {});
    assertEquals([clients.code, clients.stderr], [0, ""]);
    const none = await launch(["--env-file", "check"], folder, {});
    assertEquals([none.code, none.stderr], [
      78,
      "cred-proxy: .env: no such file of variables, or not readable\n",
    ]);
    await Deno.writeTextFile(join(folder, ".env"), "A_TOKEN='hunter2\n");
    const bad = await launch(["--env-file", "check"], folder, {});
    assertEquals([bad.code, bad.stdout], [78, ""]);
    assert(bad.stderr.startsWith("cred-proxy: .env:1: ") && !bad.stderr.includes("hunter2"), bad.stderr);
  });
});

Deno.test("folders with blanks, quotes, dollars and commas in their names work", async () => {
  await withTable(async (folder) => {
    for (const name of ["with blanks", "it's $(id) & more", "commas, and blanks"]) {
      const named = join(folder, name);
      await Deno.mkdir(named);
      await Deno.rename(join(folder, "conf"), join(named, "conf"));
      const table = join(named, "conf/routes.json");
      await Deno.writeTextFile(join(named, ".env"), "A_TOKEN=a-secret-token\n");
      const checked = await launch(["check", table, "--strict"], folder, { A_TOKEN: "a-secret-token" });
      assertEquals([checked.code, checked.stderr], [0, ""], name);
      assertEquals((await launch(["clients"], folder, { CRED_PROXY_ROUTES: table })).code, 0, name);
      const { CRED_PROXY_PORT, CRED_PROXY_BIND } = SETTINGS;
      await serveAndStop(join(ROOT, "bin/cred-proxy"), {
        args: ["start"],
        cwd: named,
        env: {
          PATH,
          DENO: Deno.execPath(),
          DENO_DIR: join(folder, "cache"),
          CRED_PROXY_PORT,
          CRED_PROXY_BIND,
        },
      });
      await Deno.rename(join(named, "conf"), join(folder, "conf"));
    }
  });
});

Deno.test("the launcher becomes the runtime itself where `deno` is a script that would keep signals to itself", async () => {
  await withTable(async (folder) => {
    const script = join(folder, "deno");
    await Deno.writeTextFile(script, `#!/bin/sh\n"${Deno.execPath()}" "$@"\n`, { mode: 0o755 });
    await serveAndStop(join(ROOT, "bin/cred-proxy"), {
      cwd: folder,
      env: {
        ...SETTINGS,
        PATH: `${folder}:${PATH}`,
        DENO_DIR: join(folder, "cache"),
        CRED_PROXY_ROUTES: "conf/routes.json",
      },
    });
  });
});

Deno.test("without a runtime the launcher ends with 78 and says what to install", async () => {
  const { code, stdout, stderr } = await new Deno.Command(join(ROOT, "bin/cred-proxy"), {
    args: ["version"],
    clearEnv: true,
    env: { PATH, DENO: "/nowhere/deno" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assertEquals([code, text(stdout), text(stderr)], [
    78,
    "",
    "cred-proxy: cannot find /nowhere/deno: install Deno (https://docs.deno.com/runtime/), or set DENO to its path\n",
  ]);
});

Deno.test("task cred-proxy runs any verb, and passes its arguments and exit status on", async () => {
  await withTable(async (folder) => {
    const table = join(folder, "conf/routes.json");
    const cases: [args: string[], code: number, output: RegExp][] = [
      [["version"], 0, /^cred-proxy \d+\.\d+\.\d+$/m],
      [["check", table], 0, /1 route\(s\)$/m],
      [["permissions"], 0, /^--allow-net=\S+ --allow-read=\S+ --allow-env=/m],
      [["clients", "/a/"], 0, /\/a/],
      [["check", join(folder, "none.json")], 78, /none\.json: no such file; make one with: /m],
      [["xyzzy"], 64, /unknown verb "xyzzy"/],
    ];
    for (const [args, expected, output] of cases) {
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["task", "cred-proxy", ...args],
        cwd: ROOT,
        env: { ...SETTINGS, CRED_PROXY_PORT: "9099", CRED_PROXY_ROUTES: table },
      }).output();
      const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
      assertEquals([args, code], [args, expected], text);
      assert(output.test(text), text);
    }
  });
});

Deno.test("task demo keeps what it shows, on one screen and in twelve seconds, and says what to do next", async () => {
  for (const args of [[], ["details"]]) {
    const begun = performance.now();
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "-q", "demo", ...args],
      cwd: ROOT,
      env: { NO_COLOR: "1" },
    }).output();
    const text = new TextDecoder().decode(stdout);
    assertEquals(code, 0, text + new TextDecoder().decode(stderr));
    assert(/^All \d+ promises kept, in [\d.]+ s\.$/m.test(text), text);
    if (args.length > 0) continue;
    assert(performance.now() - begun < 12_000);
    const lines = text.trimEnd().split("\n");
    assert(lines.length <= 40 && lines.every((line) => line.length <= 80), text);
    assert(/^Next, .*:$/m.test(text) && text.includes("bin/cred-proxy init anthropic"), text);
  }
});

/** A configuration, without its comments: each has a line of its own. */
function readConfig(name: string) {
  const text = Deno.readTextFileSync(join(ROOT, name));
  return JSON.parse(text.replace(/^\s*\/\/.*$/gm, ""));
}

Deno.test("the configurations of tests and demo repeat the root's options, and the demo the packages of the tests", () => {
  const [root, tests, demo] = [
    readConfig("deno.json"),
    readConfig("tests/deno.json"),
    readConfig("demo/deno.json"),
  ];
  assertEquals(root.imports, undefined);
  for (const name of ["unstable", "lock", "nodeModulesDir"]) {
    assertEquals([tests[name], demo[name]], [root[name], root[name]], name);
  }
  assertEquals(tests.compilerOptions, root.compilerOptions);
  for (const [name, source] of Object.entries(demo.imports)) assertEquals(tests.imports[name], source);
});
