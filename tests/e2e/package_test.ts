/**
 * The npm package: what it holds, and that what npm installs from it works.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { hasBubblewrap } from "../support/run_session.ts";
import { starts } from "../support/starts.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

async function output(program: string, args: readonly string[], options: Deno.CommandOptions = {}) {
  const { code, stdout, stderr } = await new Deno.Command(program, { ...options, args: [...args] }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, stdout: out ?? "", stderr: err ?? "" };
}

Deno.test({
  name: "npm installs the packed file into an empty folder, and demo, init, start and run work from there",
  ignore: !await starts("npm", "--version"),
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "cred-proxy-" });
    try {
      const built = await output(Deno.execPath(), ["task", "package", folder], { cwd: ROOT });
      assertEquals(built.code, 0, built.stderr);
      const manifest = JSON.parse(await Deno.readTextFile(join(folder, "npm/package.json")));
      assertEquals(manifest.dependencies, { deno: "2.9.6" });
      assertEquals([...Deno.readDirSync(join(folder, "npm/tests"))].map(({ name }) => name), ["support"]);

      // In place of npm's own package of the runtime, which has a hundred megabytes: a script, as that one has at first.
      const runtime = join(folder, "deno");
      await Deno.mkdir(runtime);
      const stub = { name: "deno", version: manifest.dependencies.deno, bin: "deno.sh" };
      await Deno.writeTextFile(join(runtime, "package.json"), JSON.stringify(stub));
      await Deno.writeTextFile(join(runtime, "deno.sh"), `#!/bin/sh\nexec '${Deno.execPath()}' "$@"\n`, {
        mode: 0o755,
      });
      const prefix = join(folder, "prefix");
      await Deno.mkdir(prefix);
      const packed = join(folder, `cred-proxy-${manifest.version}.tgz`);
      const npm = [
        "install",
        "--offline",
        "--silent",
        "--install-links",
        "--prefix",
        prefix,
        runtime,
        packed,
      ];
      const installed = await output("npm", npm, { cwd: prefix });
      assertEquals(installed.code, 0, installed.stdout + installed.stderr);

      const home = join(folder, "home");
      await Deno.mkdir(join(home, "project"), { recursive: true });
      // The demo's packages come from the cache of this test, so that nothing is fetched.
      const cache = await output(Deno.execPath(), ["info", "--json"]);
      const { denoDir } = JSON.parse(cache.stdout);
      const options = {
        cwd: join(home, "project"),
        clearEnv: true,
        env: { PATH: Deno.env.get("PATH") ?? "", HOME: home, DENO_DIR: denoDir, NO_COLOR: "1" },
      };
      const launcher = join(prefix, "node_modules/.bin/cred-proxy");

      assertMatch((await output(launcher, ["version"], options)).stdout, /^cred-proxy \d/);
      const demo = await output(launcher, ["demo"], options);
      assertEquals(demo.code, 0, demo.stdout + demo.stderr);
      const init = await output(launcher, ["init", "anthropic"], options);
      assertEquals(init.code, 0, init.stderr);
      const variables = join(home, ".config/cred-proxy/.env");
      const filled = (await Deno.readTextFile(variables)).replace(
        /^(ANTHROPIC_API_KEY=).*$/m,
        "$1sk-ant-made-up",
      );
      await Deno.writeTextFile(variables, filled);
      const env = { ...options.env, CRED_PROXY_BIND: "127.0.0.1", CRED_PROXY_PORT: "0" };
      const start = await output("timeout", ["--signal=TERM", "3", launcher, "start"], { ...options, env });
      assertMatch(start.stderr, /^cred-proxy listening on 127\.0\.0\.1:\d+; 1 route\(s\): \/anthropic\/$/m);
      assertMatch(start.stderr, /^cred-proxy: shutting down/m);
      if (!hasBubblewrap) return;
      const run = await output(
        launcher,
        ["run", "--", "sh", "-c", "echo $ANTHROPIC_BASE_URL; exit 5"],
        options,
      );
      assertEquals([run.code, run.stdout], [5, "http://127.0.0.1:9099/anthropic\n"], run.stderr);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("the launcher, the image and the documents name one version of the runtime", async () => {
  const [, version] = /^ *version=(\S+)$/m.exec(await Deno.readTextFile(join(ROOT, "bin/cred-proxy"))) ?? [];
  assert(version !== undefined);
  for (const file of ["Dockerfile", "README.md", "CONTRIBUTING.md", ".ci/run"]) {
    const named = (await Deno.readTextFile(join(ROOT, file))).matchAll(/(?:deno@|debian-)(\d+\.\d+\.\d+)/g);
    for (const [, each] of named) assertEquals(each, version, file);
  }
});
