import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { parseRoutes } from "../../lib/config/route/route_table.ts";
import { SETTINGS } from "../../lib/config/settings/settings.ts";
import { VERBS } from "../../lib/commands/verbs.ts";
import { problemsOf } from "../../lib/core/result.ts";
import { sha256 } from "../../lib/core/sha256.ts";
import { VERSION } from "../../lib/core/version.ts";
import { runMain } from "../support/run_main.ts";

const TABLE = {
  routes: [
    { path: "/gh/", upstream: "https://API.github.com/", auth_scheme: "Bearer", token_env: "GH_TOKEN" },
    { path: "/anthropic/", upstream: "http://[::1]:80/v1", auth_scheme: "", token_env: "ANTHROPIC_KEY" },
  ],
};

const MISSING =
  "no such file; make one with: bin/cred-proxy init PROVIDER, or name yours in CRED_PROXY_ROUTES";

/** Runs with a folder that holds these files, and removes it afterwards. */
async function withFiles(
  files: Record<string, string | Uint8Array>,
  run: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, content] of Object.entries(files)) {
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      await Deno.writeFile(join(folder, name), bytes);
    }
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("version prints the version of deno.json", async () => {
  const config = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  assertEquals(VERSION, config.version);
  for (const verb of ["version", "--version", "-v"]) {
    const { code, stdout } = await runMain([verb], { flags: [] });
    assertEquals([code, stdout], [0, `cred-proxy ${VERSION}\n`]);
  }
});

Deno.test("help lists every verb and every setting, and needs no permission", async () => {
  for (const args of [["help"], ["--help"], ["-h"], ["init", "--help"], ["serve", "-h"]]) {
    const { code, stdout } = await runMain(args, { flags: [] });
    assertEquals(code, 0);
    for (const [name, { help }] of Object.entries({ ...VERBS, compile: { help: "" } })) {
      if (help === undefined) continue;
      assert(stdout.includes(`\n  ${name} `), name);
    }
    for (const { variable } of Object.values(SETTINGS)) assert(stdout.includes(`\n  ${variable} `), variable);
    assert(stdout.split("\n").every((line) => line.length <= 80), "a line is too long for a terminal");
  }
});

Deno.test("an unknown verb or a stray argument exits with 64 and a line that helps", async () => {
  const cases: [args: string[], line: string][] = [
    [["permisions"], 'unknown verb "permisions"; did you mean permissions?'],
    [["xyzzy"], 'unknown verb "xyzzy"; see help'],
    [["--port=1"], 'unknown verb "--port=1"; see help'],
    [["constructor"], 'unknown verb "constructor"; see help'],
    [["version", "x"], "version: takes no arguments; see help"],
    [["check", "a", "b"], "check: takes at most one argument; see help"],
    [["token"], "token: requires the name of a client; see help"],
    [
      ["token", "sk-ant-api03-hunter2hunter2hunter2"],
      "NAME: must be 1 to 64 letters, digits and ._@- that do not look like a key, with a letter or digit at both ends (the value is not shown)",
    ],
    [["serve", "--port=80"], "serve: has no option --port; set CRED_PROXY_PORT instead"],
    [["permissions", "anthropic"], "permissions: takes no arguments; see help"],
    [["check", "--stict"], "check: has no option --stict; did you mean --strict?"],
    [["version", "--x"], "version: has no option --x; it has none"],
    [["check", "--ghp_A1b2C3d4E5f6G7h8I9j0"], "check: has no option of that name; it has --strict"],
  ];
  for (const [args, line] of cases) {
    const { code, stdout, stderr } = await runMain(args, { flags: [] });
    assertEquals([code, stdout, stderr], [64, "", `cred-proxy: ${line}\n`]);
  }
});

Deno.test("token makes a client token, and the entry that knows it, which a table accepts", async () => {
  const [first, second] = [
    await runMain(["token", "coder"], { flags: [] }),
    await runMain(["token", "coder"]),
  ];
  assertEquals([first.code, first.stdout === second.stdout], [0, false]);
  assertMatch(first.stdout, /^credproxy_[A-Za-z0-9_-]{43}\n$/);
  const entry = JSON.parse(first.stderr.trim().split("\n").at(-1)!);
  assertEquals(entry, { name: "coder", token_sha256: sha256(first.stdout.trim()), routes: "*" });
  assertEquals(problemsOf(parseRoutes(JSON.stringify({ ...TABLE, clients: [entry] }))), []);
});

Deno.test("check prints the routes and which tokens are unset", async () => {
  await withFiles({ "routes.json": "\ufeff" + JSON.stringify(TABLE) }, async (folder) => {
    const file = join(folder, "routes.json");
    for (const [args, env] of [[["check", file], {}], [["check"], { CRED_PROXY_ROUTES: file }]] as const) {
      const outcome = await runMain(args, { env: { ...env, GH_TOKEN: "hunter2-hunter2" } });
      assertEquals(outcome, {
        code: 0,
        stdout: `${file}: 2 route(s)\n` +
          "  /anthropic/ → http://[::1]/v1, ANTHROPIC_KEY UNSET: this route will respond with 500\n" +
          "  /gh/ → https://api.github.com, GH_TOKEN set\n",
        stderr: "",
      });
    }
  });
});

Deno.test("check prints each problem of settings, table and CA file on a line of its own, and exits with 78", async () => {
  await withFiles({ "routes.json": '{"routes":[{}],"route":1}', "ca.pem": "no" }, async (folder) => {
    const env = { CRED_PROXY_CA_FILE: join(folder, "ca.pem"), CRED_PROXY_PORT: "x" };
    const outcome = await runMain(["check", join(folder, "routes.json")], { env });
    assertEquals(outcome, {
      code: 78,
      stdout: "",
      stderr: `cred-proxy: CRED_PROXY_PORT: must be a number from 0 to 65535, or off, got "x"
cred-proxy: routes[0].path: is missing
cred-proxy: routes[0].upstream: is missing
cred-proxy: routes[0].token_env: is missing
cred-proxy: routes[0].auth_scheme: is missing
cred-proxy: route: unknown field; did you mean routes?
cred-proxy: CRED_PROXY_CA_FILE: contains no -----BEGIN CERTIFICATE-----; use a PEM file of certificates
`,
    });
  });
});

Deno.test("check names the file of a table that is not JSON, with what is wrong in it", async () => {
  await withFiles({ "routes.json": '{"routes": [],}' }, async (folder) => {
    const file = join(folder, "routes.json");
    const { code, stderr } = await runMain(["check", file]);
    assertEquals([code, stderr], [
      78,
      `cred-proxy: ${file}: is not JSON: line 1, column 15: there is a comma after the last item; remove it\n`,
    ]);
  });
});

Deno.test("check --strict exits with 78 while a token is unset", async () => {
  await withFiles({ "routes.json": JSON.stringify(TABLE) }, async (folder) => {
    const file = join(folder, "routes.json");
    const strict = (env: Record<string, string>) => runMain(["check", "--strict", file], { env });
    const one = await strict({ GH_TOKEN: "hunter2-hunter2" });
    assertEquals([one.code, one.stderr], [
      78,
      "cred-proxy: 1 token(s) unset, which --strict does not allow\n",
    ]);
    const both = await strict({ GH_TOKEN: "hunter2-hunter2", ANTHROPIC_KEY: "hunter2-hunter2" });
    assertEquals([both.code, both.stderr], [0, ""]);
  });
});

Deno.test("check and permissions name a variable that looks like a setting but is none", async () => {
  await withFiles({ "routes.json": JSON.stringify(TABLE) }, async (folder) => {
    const env = {
      CRED_PROXY_ROUTES: join(folder, "routes.json"),
      CRED_PROXY_ROUTE: "x",
      CRED_PROXY_SERVICE_HOST: "10.0.0.1",
    };
    const line =
      "cred-proxy: CRED_PROXY_ROUTE: is not a setting, so it has no effect; did you mean CRED_PROXY_ROUTES?\n";
    for (const args of [["check"], ["permissions", ...Object.keys(env)]]) {
      const { code, stderr } = await runMain(args, { env });
      assertEquals([code, stderr], [0, line], args[0]);
    }
  });
});

Deno.test("check warns of a token that was copied with what was around it, and of one that is sent in clear", async () => {
  const cases: [token: string, fields: object, warning: RegExp | undefined][] = [
    ["hunter2-hunter2", {}, undefined],
    [
      '"hunter2-hunter2"',
      {},
      /^cred-proxy: A_TOKEN: is in quotes, which are sent as a part of it; remove them$/,
    ],
    ["A_TOKEN=hunter2-hunter2", {}, /^cred-proxy: A_TOKEN: begins with NAME=, which is sent/],
    [
      "Bearer hunter2-hunter2",
      {},
      /^cred-proxy: A_TOKEN: begins with "Bearer", and auth_scheme adds "Bearer" before it/,
    ],
    ["Bearer hunter2-hunter2", { auth_scheme: "" }, undefined],
    ["sk hunter2-hunter2", {}, /^cred-proxy: A_TOKEN: contains a blank, which no key does$/],
    [
      "placeholder",
      {},
      /^cred-proxy: A_TOKEN: is the placeholder that clients prints; start the service where/,
    ],
    ["sk-hunter2...", {}, /^cred-proxy: A_TOKEN: looks like a placeholder$/],
    [
      "hunter2-hunter2",
      { auth_scheme: "Basic" },
      /^cred-proxy: A_TOKEN: has no colon, but must be user:password/,
    ],
    ["me:hunter2-hunter2", { auth_scheme: "Basic" }, undefined],
    ["hunter2-hunter2", { auth_scheme: "Basic", auth_user: "me" }, undefined],
    [
      "hunter2-hunter2",
      { upstream: "http://a.example" },
      /^cred-proxy: \/a\/: sends its token in clear to http:\/\/a\.example; use https:/,
    ],
    ["hunter2-hunter2", { upstream: "http://127.0.0.1:8080" }, undefined],
    ["hunter2-hunter2", { upstream: "http://[::1]" }, undefined],
  ];
  const route = { path: "/a/", upstream: "https://a.example", auth_scheme: "Bearer", token_env: "A_TOKEN" };
  await withFiles({}, async (folder) => {
    const file = join(folder, "routes.json");
    for (const [token, fields, warning] of cases) {
      await Deno.writeTextFile(file, JSON.stringify({ routes: [{ ...route, ...fields }] }));
      const { code, stdout, stderr } = await runMain(["check", file], { env: { A_TOKEN: token } });
      assertEquals(code, 0);
      if (warning === undefined) assertEquals(stderr, "");
      else assert(warning.test(stderr.trimEnd()), stderr);
      assert(!`${stdout}${stderr}`.includes("hunter2"), stderr);
    }
  });
});

Deno.test("check rejects a token that a head can't carry, and does not print it", async () => {
  await withFiles({ "routes.json": JSON.stringify(TABLE) }, async (folder) => {
    const outcome = await runMain(["check", join(folder, "routes.json")], { env: { GH_TOKEN: "hunter2\n" } });
    assertEquals(outcome, {
      code: 78,
      stdout: "",
      stderr: "cred-proxy: GH_TOKEN: contains a line feed (LF) at position 8 (the value is not shown)\n",
    });
  });
});

Deno.test("a token that is not UTF-8 is not printed, though the runtime's own message quotes it", async () => {
  await withFiles({ "routes.json": JSON.stringify(TABLE) }, async (folder) => {
    const main = new URL("../../main.ts", import.meta.url).pathname;
    // Only a shell can set such a value; Deno.Command takes text.
    const script = `GH_TOKEN="$(printf 'hunter2\\377')" exec "$0" run --no-prompt -R -E "$1" check "$2"`;
    const { code, stderr } = await new Deno.Command("sh", {
      args: ["-c", script, Deno.execPath(), main, join(folder, "routes.json")],
    }).output();
    const text = new TextDecoder().decode(stderr);
    assertEquals([code, text], [78, "cred-proxy: GH_TOKEN: is not UTF-8 (the value is not shown)\n"]);
  });
});

Deno.test("a table that can't be read is reported in one line", async () => {
  await withFiles({ "latin1.json": Uint8Array.of(0x22, 0xe9, 0x22), "secret.json": "{}" }, async (folder) => {
    await Deno.chmod(join(folder, "secret.json"), 0);
    const cases: [path: string, message: string][] = [
      [join(folder, "none.json"), MISSING],
      [join(folder, "latin1.json", "x.json"), MISSING],
      [folder, "is a folder, not a file"],
      [join(folder, "latin1.json"), "is not UTF-8"],
    ];
    // To root, everything is readable.
    if (Deno.uid() !== 0) {
      cases.push([
        join(folder, "secret.json"),
        "permission denied; make the file readable for the service's user",
      ]);
    }
    for (const [path, message] of cases) {
      for (const verb of ["check", "permissions"]) {
        const { code, stderr } = await runMain([verb], { env: { CRED_PROXY_ROUTES: path } });
        assertEquals([code, stderr], [78, `cred-proxy: ${path}: ${message}\n`]);
      }
    }
  });
});

Deno.test("without the flags to read the environment or the table, one line says which is missing", async () => {
  const right = "bin/cred-proxy serve";
  for (const verb of ["permissions", "check", "serve"]) {
    const bare = await runMain([verb], { flags: ["--no-prompt"] });
    assertEquals(bare.code, 78);
    assert(
      /^cred-proxy: --allow-env: is missing \w+; start the service with: .*\n$/.test(bare.stderr),
      bare.stderr,
    );
    assert(bare.stderr.includes(right), bare.stderr);
    const blind = await runMain([verb], { flags: ["--no-prompt", "--allow-env"] });
    assertEquals([blind.code, blind.stderr], [
      78,
      `cred-proxy: --allow-read: is missing /run/cred-proxy/routes.json; start the service with: ${right}\n`,
    ]);
  }
});

Deno.test("permissions prints the flags on one line, and under them it prints the same", async () => {
  await withFiles({ "routes.json": JSON.stringify(TABLE) }, async (folder) => {
    const env = { CRED_PROXY_ROUTES: join(folder, "routes.json"), CRED_PROXY_PORT: "0", GH_TOKEN: "hunter2" };
    const first = await runMain(["permissions"], { env });
    assertEquals([first.code, first.stderr], [0, ""]);
    const flags = first.stdout.trimEnd().split(" ");
    assertEquals(flags.map((flag) => flag.split("=")[0]), [
      "--allow-net",
      "--allow-read",
      "--allow-env",
      "--no-prompt",
      "--no-remote",
      "--no-npm",
    ]);
    assertEquals(flags.slice(0, 2), [
      "--allow-net=0.0.0.0:0,[::1]:80,api.github.com:443",
      `--allow-read=${folder}`,
    ]);
    assertEquals(await runMain(["permissions"], { env, flags }), first);
  });
});
