/**
 * Tests the permission boundary in child processes, under exactly the flags that `permissions` prints.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { makeAuthority } from "../support/authority.ts";
import { inspect } from "../support/inspector.ts";
import { derivedFlags, endChild, runMain, spawnMain } from "../support/run_main.ts";
import { TOKEN } from "../support/fixture.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { Log } from "../support/log.ts";
import { request } from "../support/wire.ts";
import { within } from "../support/within.ts";

const ROOT: string = fromFileUrl(new URL("../../", import.meta.url));

/** Holds the service's table and its CA file, each in a folder of its own. */
let folder: string;
let env: Record<string, string>;
let flags: string[];
let upstream: Upstream;
/** Another listener on the same machine, which the service may not reach. */
let elsewhere: Upstream;

Deno.test.beforeAll(async () => {
  folder = await Deno.makeTempDir({ prefix: "cred-proxy-" });
  upstream = startUpstream((exchange) => {
    const authorized = exchange.field("authorization") === `Bearer ${TOKEN}`;
    return exchange.respond(authorized ? 200 : 401);
  });
  elsewhere = startUpstream((exchange) => exchange.respond(200, [], "export {}"));
  await Promise.all(["table", "ca", "other"].map((name) => Deno.mkdir(join(folder, name))));
  const table = {
    routes: [{ path: "/a/", upstream: upstream.url, auth_scheme: "Bearer", token_env: "A_TOKEN" }],
  };
  await Deno.writeTextFile(join(folder, "table/routes.json"), JSON.stringify(table));
  await Deno.writeTextFile(join(folder, "ca/ca.pem"), (await makeAuthority()).pem);
  await Deno.writeTextFile(join(folder, "other/secret"), "secret");
  await Deno.symlink(Deno.execPath(), join(folder, "other/deno"));
  env = {
    CRED_PROXY_ROUTES: join(folder, "table/routes.json"),
    CRED_PROXY_CA_FILE: join(folder, "ca/ca.pem"),
    CRED_PROXY_BIND: "127.0.0.1",
    CRED_PROXY_PORT: "0",
    A_TOKEN: TOKEN,
    ANOTHER_TOKEN: "secret",
  };
  flags = await derivedFlags(env);
});
Deno.test.afterAll(async () => {
  await Deno.remove(folder, { recursive: true });
  await upstream.close();
  await elsewhere.close();
});

/** Returns what the service needs: statements, keyed by what they do. */
function needed(): Record<string, string> {
  return {
    "listen where it should": `Deno.listen({ hostname: "127.0.0.1", port: 0 }).close()`,
    "connect to the upstream":
      `(await Deno.connect({ hostname: "127.0.0.1", port: ${upstream.port} })).close()`,
    "read the route table": `await Deno.readTextFile(${JSON.stringify(env.CRED_PROXY_ROUTES)})`,
    "read the CA file": `await Deno.readTextFile(${JSON.stringify(env.CRED_PROXY_CA_FILE)})`,
    "read its token": `Deno.env.get("A_TOKEN")`,
    "read its settings": `Deno.env.get("CRED_PROXY_ROUTES")`,
  };
}

/** Returns what the service never needs: statements, keyed by what they do. */
function forbidden(): Record<string, string> {
  const file = (path: string) => JSON.stringify(join(folder, path));
  return {
    "connect to another port": `await Deno.connect({ hostname: "127.0.0.1", port: ${elsewhere.port} })`,
    "connect by another name": `await Deno.connect({ hostname: "localhost", port: ${upstream.port} })`,
    "connect to another host": `await Deno.connect({ hostname: "192.0.2.1", port: 443 })`,
    "speak TLS to another host": `await Deno.connectTls({ hostname: "192.0.2.1", port: 443 })`,
    "fetch from elsewhere": `await fetch("http://127.0.0.1:${elsewhere.port}/")`,
    "open a WebSocket elsewhere": `new WebSocket("ws://127.0.0.1:${elsewhere.port}/")`,
    "ask a name server": `await Deno.resolveDns("a.test", "A", { nameServer: { ipAddr: "127.0.0.1" } })`,
    "connect to a socket in the file system":
      `await Deno.connect({ transport: "unix", path: "/run/docker.sock" })`,
    "listen elsewhere": `Deno.listen({ hostname: "0.0.0.0", port: 0 })`,
    "listen on another port": `Deno.listen({ hostname: "127.0.0.1", port: ${elsewhere.port} })`,
    "read another file": `await Deno.readTextFile(${file("other/secret")})`,
    "read around the corner": `await Deno.readTextFile(${file("table/")} + "../other/secret")`,
    "list the folder above": `[...Deno.readDirSync(${file("")})]`,
    "read its own source": `await Deno.readTextFile(${JSON.stringify(join(ROOT, "main.ts"))})`,
    "read its environment as a file": `await Deno.readTextFile("/proc/self/environ")`,
    "read its memory": `await Deno.open("/proc/self/mem")`,
    "read another variable": `Deno.env.get("ANOTHER_TOKEN")`,
    "read all variables": `Deno.env.toObject()`,
    "set a variable": `Deno.env.set("ANOTHER_TOKEN", "x")`,
    "write a file": `await Deno.writeTextFile(${file("table/new")}, "x")`,
    "change its table": `await Deno.writeTextFile(${JSON.stringify(env.CRED_PROXY_ROUTES)}, "x")`,
    "remove a file": `await Deno.remove(${file("table/routes.json")})`,
    "make a link": `await Deno.symlink(${file("other/secret")}, ${file("table/link")})`,
    "run a program": `await new Deno.Command("true").output()`,
    "run itself": `await new Deno.Command(Deno.execPath()).output()`,
    "send a signal": `Deno.kill(Deno.ppid, "SIGCONT")`,
    "load a library": `Deno.dlopen("libc.so.6", {})`,
    "ask the system": `Deno.hostname()`,
  };
}

/** Returns code that runs each statement and evaluates to its outcome: `ok`, or the name of the error. */
function attempting(things: Record<string, string>): string {
  return `(async () => {
    const outcomes = {};
    for (const [thing, code] of Object.entries(${JSON.stringify(things)})) {
      try {
        await (0, eval)("(async () => { " + code + " })()");
        outcomes[thing] = "ok";
      } catch (error) {
        outcomes[thing] = error.name;
      }
    }
    return outcomes;
  })()`;
}

/** Returns the same outcome for each key. */
function allOf(things: Record<string, string>, outcome: string): Record<string, string> {
  return Object.fromEntries(Object.keys(things).map((thing) => [thing, outcome]));
}

Deno.test("a program under the derived flags can do what the service needs, and nothing else", async () => {
  const probe = join(folder, "other/probe.ts");
  await Deno.writeTextFile(
    probe,
    `console.log(JSON.stringify(await ${attempting({ ...needed(), ...forbidden() })}));`,
  );
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, probe],
    env: { ...env, NO_COLOR: "1" },
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  const outcomes = JSON.parse(new TextDecoder().decode(stdout));
  assertEquals(outcomes, { ...allOf(needed(), "ok"), ...allOf(forbidden(), "NotCapable") });
  assertEquals(elsewhere.connections, 0);
});

Deno.test("a program under the derived flags cannot load code from elsewhere, which would be a way out", async () => {
  const origin = elsewhere.url;
  const probe = join(folder, "other/import.ts");
  const specifiers = ["jsr:@a/secret", "npm:a-secret", `${origin}/secret.ts`];
  // Computed, since literal imports would become part of the program's module graph.
  const lines = specifiers.map((name) => `await import(atob("${btoa(name)}")).catch(() => {});`);
  await Deno.writeTextFile(probe, lines.join("\n"));
  const before = elsewhere.requests.length;
  await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-lock", ...flags, probe],
    env: { ...env, JSR_URL: `${origin}/`, NPM_CONFIG_REGISTRY: `${origin}/`, DENO_NO_UPDATE_CHECK: "1" },
  }).output();
  assertEquals(elsewhere.requests.slice(before).map(({ target }) => target), []);
});

Deno.test("after the start the service gives back what only the start needed", async () => {
  const child = spawnMain(["--inspect=127.0.0.1:0", ...flags], ["serve"], env);
  const [stdout, stderr] = [new Log(child.stdout), new Log(child.stderr)];
  try {
    const [, port] = await stderr.match(/^cred-proxy listening on \S+:(\d+);/m);
    const [url] = await stderr.match(/ws:\S+/);
    using inspector = await inspect(url);
    assertEquals(await inspector.evaluate(attempting({ ...needed(), ...forbidden() })), {
      ...allOf(needed(), "ok"),
      "listen where it should": "NotCapable",
      "read its token": "NotCapable",
      "read its settings": "NotCapable",
      ...allOf(forbidden(), "NotCapable"),
    });
    const response = await request(Number(port), "GET /a/x HTTP/1.1\r\nHost: x\r\n\r\n");
    assertEquals(response.status, 200);
  } finally {
    await endChild(child, "SIGTERM");
    await Promise.all([stdout.done, stderr.done]);
  }
});

Deno.test("the service requests no permission that it was not granted, and no variable once it serves", async () => {
  const audit = join(folder, "other/audit");
  const child = spawnMain(flags, ["serve"], { ...env, DENO_AUDIT_PERMISSIONS: audit });
  const [stdout, stderr] = [new Log(child.stdout), new Log(child.stderr)];
  const asked = async () =>
    (await Deno.readTextFile(audit)).trim().split("\n").map((line) => JSON.parse(line)).map(
      ({ permission, value }) => `${permission} ${value}`,
    );
  const [, port] = await stderr.match(/^cred-proxy listening on \S+:(\d+);/m);
  const atStart = (await asked()).length;
  for (const path of ["/a/x", "/nowhere", "/a/../x"]) {
    await request(Number(port), `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  }
  await endChild(child, "SIGTERM");
  await Promise.all([stdout.done, stderr.done]);
  const all = await asked();
  const given = new Set(flags.flatMap((flag) => {
    const [, kind, list = ""] = /^--allow-(\w+)=(.*)$/.exec(flag) ?? [];
    return list.split(",").map((item) => `${kind} ${item}`);
  }));
  const files = [env.CRED_PROXY_ROUTES, env.CRED_PROXY_CA_FILE].map((path) => `read ${path}`);
  assertEquals(all.filter((one) => !given.has(one) && !files.includes(one)), []);
  // The table is opened again to hold descriptors.
  const table = `read ${env.CRED_PROXY_ROUTES}`;
  assertEquals(
    new Set(all.slice(atStart).filter((one) => one !== table)),
    new Set([`net 127.0.0.1:${upstream.port}`]),
  );
});

/** Returns cases of wrong grants: a name, the flags, and the line that the service prints. */
function wrongFlags(): [what: string, flags: string[], line: RegExp][] {
  const without = (kind: string) => flags.filter((flag) => !flag.startsWith(`--allow-${kind}=`));
  const shortened = (kind: string, item: string) =>
    flags.map((flag) =>
      flag.startsWith(`--allow-${kind}=`)
        ? flag.replace(`=${item},`, "=").replace(`,${item}`, "").replace(`=${item}`, "=/nowhere")
        : flag
    );
  const bare = ["net", "read", "env"].map((kind): [string, string[], RegExp] => [
    `a bare --allow-${kind}`,
    [...without(kind), `--allow-${kind}`],
    new RegExp(`^cred-proxy: --allow-${kind}: is unrestricted; list what is needed$`, "m"),
  ]);
  const none = ["net", "read", "env"].map((kind): [string, string[], RegExp] => [
    `no --allow-${kind}`,
    without(kind),
    new RegExp(`^cred-proxy: --allow-${kind}: is missing .+$`, "m"),
  ]);
  const one: [string, string][] = [
    ["net", `127.0.0.1:${upstream.port}`],
    ["net", "127.0.0.1:0"],
    ["read", join(folder, "table")],
    ["read", join(folder, "ca")],
    ["env", "A_TOKEN"],
    ["env", "CRED_PROXY_ROUTES"],
    ["env", "NO_PROXY"],
  ];
  const missing = one.map(([kind, item]): [string, string[], RegExp] => [
    `--allow-${kind} without ${item}`,
    shortened(kind, item),
    new RegExp(`^cred-proxy: --allow-${kind}: is missing ${item}`, "m"),
  ]);
  const extra = ["run", "ffi", "write", "sys", "import"].map((kind): [string, string[], RegExp] => [
    `--allow-${kind}`,
    [...flags, `--allow-${kind}`],
    new RegExp(`^cred-proxy: --allow-${kind}: must not be granted; .+$`, "m"),
  ]);
  return [["-A", ["-A"], /is unrestricted; list what is needed/], ...bare, ...none, ...missing, ...extra];
}

/** The commands that the refused starts print; each must work. */
const commands = new Set<string>();

Deno.test("serve exits with 78 under wrong flags, names the flag and prints the right command", async () => {
  for (const [what, given, line] of wrongFlags()) {
    const { code, stdout, stderr } = await runMain(["serve"], { env, flags: given });
    assertEquals([what, code, stdout], [what, 78, ""], stderr);
    assertMatch(stderr, line);
    const [, command] = /start the service with: (.+)$/m.exec(stderr) ?? [];
    if (command === undefined) throw new Error(`No command in ${stderr}`);
    commands.add(command);
    assert(!stderr.includes(TOKEN), what);
  }
  assertEquals(upstream.openConnections, 0);
});

Deno.test("the printed command works as it is", async () => {
  assert(commands.size > 0);
  for (const command of commands) {
    const child = new Deno.Command("sh", {
      args: ["-c", `exec ${command}`],
      cwd: ROOT,
      clearEnv: true,
      env: {
        ...Object.fromEntries(["HOME", "DENO_DIR"].flatMap((name) => {
          const value = Deno.env.get(name);
          return value === undefined ? [] : [[name, value]];
        })),
        NO_COLOR: "1",
        PATH: `${join(folder, "other")}:${Deno.env.get("PATH")}`,
        ...env,
      },
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const [stdout, stderr] = [new Log(child.stdout), new Log(child.stderr)];
    try {
      const [, port] = await stderr.match(/^cred-proxy listening on \S+:(\d+);/m, 15_000);
      const response = await request(Number(port), "GET /a/x HTTP/1.1\r\nHost: x\r\n\r\n");
      assertEquals(response.status, 200);
      child.kill("SIGTERM");
      assertEquals((await within(child.status, "The service's end")).code, 0);
    } finally {
      await endChild(child, "SIGKILL");
      await Promise.all([stdout.done, stderr.done]);
    }
  }
});

Deno.test("the service consists only of this repository's modules and the runtime's", async () => {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "main.ts"],
    cwd: ROOT,
  }).output();
  assertEquals(code, 0);
  const { modules } = JSON.parse(new TextDecoder().decode(stdout));
  const specifiers: string[] = modules.map(({ specifier }: { specifier: string }) => specifier);
  const own = new RegExp(`^file://${ROOT}(?:(?:main|lib/[a-z0-9_/]+)\\.ts|deno\\.json)$`);
  assertEquals(specifiers.filter((specifier) => !own.test(specifier) && !specifier.startsWith("node:")), []);
  assert(specifiers.length > 10, `${specifiers.length} modules`);
});
