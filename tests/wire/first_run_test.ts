/**
 * What somebody meets first: `init`, `providers` and `doctor`, through the launcher, and what they say when something is
 * not right.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { PROVIDERS } from "../../lib/providers/all_providers.ts";
import { makeAuthority } from "../support/authority.ts";
import type { Exchange } from "../support/exchange.ts";
import { startService } from "../support/service.ts";
import { startUpstream } from "../support/upstream.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** Runs with an empty home, and removes it. */
async function withHome(run: (home: Home) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "cred-proxy-home-" });
  try {
    await run(new Home(folder));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A user's home, which is the current folder too. */
class Home {
  readonly table: string;
  readonly variables: string;

  constructor(readonly folder: string) {
    this.table = join(folder, ".config/cred-proxy/routes.json");
    this.variables = join(folder, ".config/cred-proxy/.env");
  }

  /** Runs the launcher to its end, with nothing but these variables. */
  async run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const { code, stdout, stderr } = await new Deno.Command(join(ROOT, "bin/cred-proxy"), {
      args: [...args],
      cwd: this.folder,
      clearEnv: true,
      env: {
        PATH: "/usr/bin:/bin",
        HOME: this.folder,
        DENO: Deno.execPath(),
        DENO_DIR: Deno.env.get("DENO_DIR") ?? join(Deno.env.get("HOME") ?? "", ".cache/deno"),
        NO_COLOR: "1",
        ...env,
      },
      stdin: "null",
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, stdout: text(stdout), stderr: text(stderr) };
  }

  read(path: string): Promise<string> {
    return Deno.readTextFile(join(this.folder, path));
  }

  async mode(path: string): Promise<number> {
    return ((await Deno.stat(path)).mode ?? 0) & 0o777;
  }
}

Deno.test("providers lists each provider, and says which ones have a host of their own", async () => {
  await withHome(async (home) => {
    const { code, stdout } = await home.run(["providers"]);
    assertEquals(code, 0);
    assertEquals(
      stdout.trimEnd().split("\n").map((line) => line.split(" ")[0]),
      PROVIDERS.map(({ name }) => name),
    );
    assertMatch(stdout, /^jira +.*: jira=acme\.atlassian\.net$/m);
  });
});

Deno.test("init writes a table with its schema, and a file of variables that only its owner can read", async () => {
  await withHome(async (home) => {
    const { code, stdout, stderr } = await home.run(["init", "anthropic,jira=acme.atlassian.net"]);
    assertEquals([code, stderr], [0, ""]);
    const table = JSON.parse(await Deno.readTextFile(home.table));
    assertEquals(table.routes.map(({ path }: { path: string }) => path), ["/anthropic/", "/jira/"]);
    assertEquals(fromFileUrl(table.$schema), join(ROOT, "routes.schema.json"));
    assertEquals([await home.mode(home.variables), await home.mode(join(home.folder, ".config"))], [
      0o600,
      0o700,
    ]);
    assertMatch(
      await Deno.readTextFile(home.variables),
      /^# Jira .*: EMAIL:API_TOKEN, from https:\S+\nJIRA_LOGIN=$/m,
    );
    // What to do next, as commands to copy.
    assertMatch(stdout, /^ {2}ANTHROPIC_API_KEY: API key, from https:/m);
    const commands = stdout.split("Next:\n")[1]?.trimEnd().split("\n") ?? [];
    assertEquals(commands.length, 3);
    assert(
      commands[0]?.includes(" ~/.config/cred-proxy/.env ") && commands[1]?.includes("bin/cred-proxy doctor"),
      stdout,
    );

    const unset = await home.run(["check", "--strict"]);
    assertEquals(unset.code, 78);
    await Deno.writeTextFile(
      home.variables,
      "ANTHROPIC_API_KEY=an-api-key\nJIRA_LOGIN=me@example.com:token\n",
    );
    const set = await home.run(["check", "--strict"]);
    assertEquals([set.code, set.stderr], [0, ""]);
  });
});

Deno.test("check and doctor say which file unset tokens belong in, whether there is one yet or not", async () => {
  await withHome(async (home) => {
    await home.run(["init", "anthropic"]);
    for (const exists of [true, false]) {
      if (!exists) await Deno.remove(home.variables);
      const unset = await home.run(["check"]);
      assertEquals([unset.code, unset.stderr], [0, ""]);
      assert(
        unset.stdout.endsWith(`\n  unset tokens belong in ${home.variables}, as NAME=VALUE\n`),
        unset.stdout,
      );
      const asked = await home.run(["doctor"]);
      assertEquals(asked.code, 1);
      const place = exists
        ? `, variables ${home.variables}`
        : `; unset tokens belong in ${home.variables}, as NAME=VALUE`;
      assertEquals(asked.stderr, `cred-proxy: route table ${home.table}${place}\n`);
    }
    const set = await home.run(["check"], { ANTHROPIC_API_KEY: "an-api-key" });
    assert(!set.stdout.includes("belong"), set.stdout);
    // Here somebody else sets the variables.
    const named = await home.run(["check"], { CRED_PROXY_ROUTES: home.table });
    assert(named.stdout.includes("UNSET") && !named.stdout.includes("belong"), named.stdout);
  });
});

Deno.test("a table of all presets passes check", async () => {
  await withHome(async (home) => {
    const choices = PROVIDERS.map(({ name, host, hostExample }) =>
      host === undefined && hostExample !== undefined ? `${name}=${hostExample}` : name
    );
    const written = await home.run(["init", ...choices]);
    assertEquals([written.code, written.stderr], [0, ""]);
    const { code, stdout, stderr } = await home.run(["check"]);
    assertEquals([code, stderr], [0, ""]);
    for (const { routes } of PROVIDERS) {
      for (const { fields } of routes) {
        assert(stdout.includes(`\n  ${fields.host ?? fields.path} → `), fields.upstream);
      }
    }
  });
});

Deno.test("docs/FIRST_RUN.md lists each provider with its variables, how it refuses a token, and sources", async () => {
  const document = await Deno.readTextFile(join(ROOT, "docs/FIRST_RUN.md"));
  const [, table = ""] = document.split("## What `init` knows");
  const rows = [...table.matchAll(/^\| `([a-z0-9-]+)(=HOST)?` +\| (.*)$/gm)];
  assertEquals(rows.map(([, name]) => name), PROVIDERS.map(({ name }) => name));
  for (const [index, [, , own, rest = ""]] of rows.entries()) {
    const { title, host, hostExample, secrets, sources, routes } = PROVIDERS[index]!;
    const proofs = routes.flatMap(({ proof }) => proof ?? []);
    assertEquals(own !== undefined, host === undefined && hostExample !== undefined, title);
    const words = [
      title,
      ...secrets.map(({ variable }) => `\`${variable}\``),
      ...sources.map((url) => `(${url})`),
      ...proofs.map(({ refused = [401], refusedTexts = [], refusalSource }) =>
        refusedTexts.length > 0
          ? `](${refusalSource})`
          : refusalSource === undefined
          ? `${refused.join(", ")}, if your server does`
          : `[${refused.join(", ")}](${refusalSource})`
      ),
    ];
    for (const word of words) assert(rest.includes(word), word);
  }
});

Deno.test("docs/FIRST_RUN.md shows what init prints", async () => {
  const document = await Deno.readTextFile(join(ROOT, "docs/FIRST_RUN.md"));
  const [, shown = ""] = /^\$ cred-proxy init [^\n]*\n(.*?)^\$ /ms.exec(document) ?? [];
  await withHome(async (home) => {
    const { stdout } = await home.run(["init", "anthropic=http://127.0.0.1:43097"]);
    // The launcher is on no PATH here.
    const commands = stdout.replaceAll(`${join(ROOT, "bin/cred-proxy")} `, "cred-proxy ");
    const squeezed = (text: string) => text.replaceAll(/ +#/g, " #");
    assertEquals(squeezed(commands), squeezed(shown));
  });
});

Deno.test("init changes nothing that is there unless told to, and never a variable", async () => {
  await withHome(async (home) => {
    await home.run(["init", "anthropic"]);
    await Deno.writeTextFile(home.variables, "# mine\nexport ANTHROPIC_API_KEY='an api key'");
    const before = await Deno.readTextFile(home.table);
    const again = await home.run(["init", "openai"]);
    assertEquals([again.code, again.stderr], [
      78,
      `cred-proxy: ${home.table}: exists already; --add adds these routes to it, --force replaces it\n`,
    ]);
    assertEquals(await Deno.readTextFile(home.table), before);

    const added = await home.run(["init", "--add", "openai", "anthropic"]);
    assertEquals(added.code, 0, added.stderr);
    assertMatch(added.stdout, /wrote \/openai\/\n {2}left as it is: \/anthropic\/\n/);
    const paths = async () =>
      JSON.parse(await Deno.readTextFile(home.table)).routes.map(({ path }: { path: string }) => path);
    assertEquals(await paths(), ["/anthropic/", "/openai/"]);
    const variables = await Deno.readTextFile(home.variables);
    assert(variables.startsWith("# mine\nexport ANTHROPIC_API_KEY='an api key'\n\n# OpenAI"), variables);

    await Deno.chmod(home.variables, 0o644);
    const replaced = await home.run(["init", "--force", "mistral"]);
    assertEquals(await paths(), ["/mistral/"]);
    assert((await Deno.readTextFile(home.variables)).startsWith(variables));
    assertEquals([replaced.code, await home.mode(home.variables)], [0, 0o600]);

    await Deno.writeTextFile(home.table, '{"routes": [],}');
    const broken = await home.run(["init", "--add", "openai"]);
    assertEquals([broken.code, broken.stdout], [78, ""]);
    assertMatch(
      broken.stderr,
      /is not JSON: line 1, column 15: there is a comma after the last item; remove it$/m,
    );
  });
});

Deno.test("init --here writes to the current folder, where start, check and clients find it", async () => {
  await withHome(async (home) => {
    const { code, stdout: printed } = await home.run(["init", "--here", "anthropic"]);
    assertEquals(code, 0);
    assertEquals(JSON.parse(await home.read("conf/routes.json")).routes.length, 1);
    assertEquals(await home.mode(join(home.folder, ".env")), 0o600);
    // Not to run, which takes no table of the current folder.
    const next = printed.replaceAll(join(ROOT, "bin/cred-proxy"), "cred-proxy").split("Next:\n")[1] ?? "";
    assertEquals(next.split("\n").map((line) => line.trim().split(/ +#/)[0]), [
      "${EDITOR:-nano} .env",
      "cred-proxy doctor",
      "cred-proxy start",
      "",
    ]);
    const { stdout } = await home.run(["clients", "--env"]);
    // The address is from the .env.
    assertMatch(stdout, /^export ANTHROPIC_BASE_URL=http:\/\/127\.0\.0\.1:9099\/anthropic /m);
  });
});

Deno.test("init without a provider, or with one that does not exist, says what to write", async () => {
  await withHome(async (home) => {
    const none = await home.run(["init"]);
    assertEquals([none.code, none.stderr], [
      64,
      'cred-proxy: init: takes at least one provider, such as anthropic; "providers" lists them\n',
    ]);
    const wrong = await home.run(["init", "antropic", "jira"]);
    assertEquals([wrong.code, wrong.stderr], [
      64,
      "cred-proxy: antropic: is not a provider; did you mean anthropic?\n" +
      "cred-proxy: jira: has a host of your own: write jira=HOST, for example jira=acme.atlassian.net\n",
    ]);
    assertEquals([...Deno.readDirSync(home.folder)].map(({ name }) => name), []);
  });
});

/** Responds as providers do: to a good key with 200, else with 401; Slack with 200 to everything. */
async function provider(exchange: Exchange): Promise<void> {
  await exchange.bodyBytes();
  const isGood = exchange.head.includes("good-key-");
  const { target } = exchange;
  if (target === "/api/auth.test") return await exchange.respond(200, [], `{ "ok": ${isGood} }`);
  if (target === "/graphql") {
    return await exchange.respond(200, [], isGood ? `{"data":{}}` : `{ "errors": [] }`);
  }
  if (target.startsWith("/busy/")) return await exchange.respond(429);
  if (target.startsWith("/broken/")) return await exchange.respond(503);
  if (target.startsWith("/forbids/")) return await exchange.respond(403);
  await exchange.respond(isGood ? 200 : 401, [], exchange.head);
}

/** Responds to every connection as a server without TLS does. */
async function answerInClear(listener: Deno.Listener): Promise<void> {
  for await (const connection of listener) {
    await connection.read(new Uint8Array(1024));
    await connection.write(new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n"));
    connection.close();
  }
}

Deno.test("doctor says of each route whether the upstream takes the token, and shows none", async () => {
  await using mock = startUpstream(provider);
  const authority = await makeAuthority();
  await using tls = startUpstream(provider, { tls: await authority.issue(["localhost"]) });
  using plain = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const plainTls = `https://127.0.0.1:${plain.addr.port}`;
  answerInClear(plain);
  await withHome(async (home) => {
    const bearer = { auth_scheme: "Bearer", token_env: "GOOD" };
    const routes: [fields: object, verdict: RegExp][] = [
      [{ path: "/anthropic/", upstream: mock.url, ...bearer }, /^takes GOOD$/],
      [{ path: "/openai/", upstream: mock.url, ...bearer, token_env: "BAD" }, /^REFUSES BAD with 401$/],
      [{ path: "/slack/", upstream: `${mock.url}/api`, ...bearer }, /^takes GOOD$/],
      [
        { path: "/linear/", upstream: mock.url, auth_scheme: "", token_env: "BAD" },
        /^REFUSES BAD(?:; get one from .*)?$/,
      ],
      [
        { path: "/deepseek/", upstream: mock.url, ...bearer, token_env: "DEEPSEEK_API_KEY" },
        /^DEEPSEEK_API_KEY is unset or empty; get one from https:\/\/platform\.deepseek\.com\/api_keys$/,
      ],
      [
        { path: "/mine/", upstream: mock.url, ...bearer },
        /^answers 200; which request would show .* is not known$/,
      ],
      [{ path: "/mine2/", upstream: mock.url, ...bearer, token_env: "BAD" }, /^REFUSES BAD with 401$/],
      [
        { path: "/xai/", upstream: `${mock.url}/busy`, ...bearer },
        /^answers 429, too many requests: ask again later$/,
      ],
      [{ path: "/busy/", upstream: `${mock.url}/busy`, ...bearer }, /^answers 429, /],
      [
        { path: "/broken/", upstream: `${mock.url}/broken`, ...bearer },
        /^answers 503: the upstream itself fails$/,
      ],
      [{ path: "/forbids/", upstream: `${mock.url}/forbids`, ...bearer }, /^answers 403; which request /],
      [
        { path: "/groq/", upstream: plainTls, ...bearer },
        /^not reachable: 127\.0\.0\.1:\d+ does not speak TLS: is its port/,
      ],
      [
        { path: "/closed/", upstream: "http://127.0.0.1:1", ...bearer },
        /^not reachable: 127\.0\.0\.1:1 refuses connections$/,
      ],
      [
        { path: "/nowhere/", upstream: "http://nowhere.invalid", ...bearer },
        /^not reachable: the name nowhere\.invalid can't be resolved$/,
      ],
      [
        { path: "/untrusted/", upstream: tls.url, ...bearer },
        /^TLS: invalid peer certificate: .* CRED_PROXY_CA_FILE\)$/,
      ],
    ];
    await Deno.mkdir(join(home.folder, "conf"));
    await Deno.writeTextFile(
      join(home.folder, "conf/routes.json"),
      JSON.stringify({ routes: routes.map(([fields]) => fields) }),
    );
    const env = { GOOD: "good-key-hJ2Tq8vXbN5z", BAD: '"bad-key-hJ2Tq8vXbN5z"' };
    const { code, stdout, stderr } = await home.run(["doctor"], env);
    assertEquals(code, 1, stderr);
    const lines = new Map(
      stdout.trimEnd().split("\n").map((line) => {
        const [, path = "", verdict = ""] = /^(\S+) → \S+ +(.*)$/.exec(line) ?? [];
        return [path, verdict];
      }),
    );
    for (const [fields, verdict] of routes) {
      assertMatch(lines.get((fields as { path: string }).path) ?? "", verdict, stdout);
    }
    assertEquals(lines.size, routes.length);
    assertMatch(stderr, /^cred-proxy: BAD: is in quotes, which are sent as a part of it; remove them$/m);
    assertMatch(
      stderr,
      /^cred-proxy: \/nowhere\/: sends its token in clear to http:\/\/nowhere\.invalid; use https:/m,
    );
    assert(!/(?:good|bad)-key-/.test(stdout + stderr), "a token is printed");

    const one = await home.run(["doctor", "anthropic"], env);
    assertEquals([one.code, one.stdout], [0, `/anthropic/ → ${mock.url}  takes GOOD\n`]);
    const none = await home.run(["doctor", "antropic"], env);
    assertEquals(none.code, 64);
    assertMatch(none.stderr, /"antropic": is not a route; did you mean \/anthropic\/\?$/m);
  });
});

Deno.test("doctor may connect to the upstreams, and to nothing else", async () => {
  await withHome(async (home) => {
    await home.run(["init", "anthropic", "mistral"]);
    const main = ["run", "--no-prompt", "--allow-env", "--allow-read", join(ROOT, "main.ts"), "doctor"];
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: main,
      env: { CRED_PROXY_ROUTES: home.table, NO_COLOR: "1" },
    }).output();
    assertEquals(code, 78);
    assertMatch(
      new TextDecoder().decode(stderr),
      /^cred-proxy: --allow-net: is missing api\.anthropic\.com:443$/m,
    );
    const wide = await new Deno.Command(Deno.execPath(), {
      args: [...main.slice(0, 2), "--allow-net", ...main.slice(2)],
      env: { CRED_PROXY_ROUTES: home.table, NO_COLOR: "1" },
    }).output();
    assertMatch(new TextDecoder().decode(wide.stderr), /^cred-proxy: --allow-net: is unrestricted/m);
  });
});

Deno.test("the service answers a path without a route with the path that was meant, unless not all clients may know it", async () => {
  const route = {
    path: "/anthropic/",
    upstream: "https://api.anthropic.com",
    auth_scheme: "",
    token_env: "TOKEN",
  };
  const answerFor = async (table: object, key: string) => {
    const env = { TOKEN: "a-secret-token", CLIENT: "a-client-token" };
    await using service = await startService({ routes: { routes: [route], ...table }, env });
    const response = await fetch(`${service.url}/v1/messages`, { headers: { "x-api-key": key } });
    const { error } = await response.json();
    return [response.status, error.message];
  };
  const advice = [404, 'No route for "/v1/messages"; did you mean /anthropic/v1/messages?'];
  assertEquals(await answerFor({}, "placeholder"), advice);
  assertEquals(await answerFor({ client_token_env: "CLIENT" }, "a-client-token"), advice);
  const stranger = await answerFor({ client_token_env: "CLIENT" }, "another-token");
  assertEquals(stranger[0], 401);
  const clients = [{ name: "one", token_env: "CLIENT", routes: ["/anthropic/"] }];
  assertEquals(await answerFor({ clients }, "a-client-token"), [404, 'No route for "/v1/messages"']);
});

Deno.test("the log names what could not be reached, and why", async () => {
  using plain = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  answerInClear(plain);
  const { port } = plain.addr;
  const bearer = { auth_scheme: "Bearer", token_env: "TOKEN" };
  await using service = await startService({
    routes: {
      routes: [
        { path: "/closed/", upstream: "http://127.0.0.1:1", ...bearer },
        { path: "/nowhere/", upstream: "https://nowhere.invalid", ...bearer },
        { path: "/plain/", upstream: `https://127.0.0.1:${port}`, ...bearer },
      ],
    },
    env: { TOKEN: "a-secret-token", CRED_PROXY_DEBUG: "1" },
  });
  const cases: [path: string, cause: RegExp][] = [
    ["/closed/", /UpstreamUnreachable: 127\.0\.0\.1:1 refuses connections: ConnectionRefused: /],
    ["/nowhere/", /UpstreamUnreachable: the name nowhere\.invalid can't be resolved: /],
    [
      "/plain/",
      new RegExp(
        `UpstreamNotTls: 127\\.0\\.0\\.1:${port} does not speak TLS: is its port right, or is it an http:`,
      ),
    ],
  ];
  for (const [path, cause] of cases) {
    const response = await fetch(`${service.url}${path}`);
    // The client learns neither.
    const code = path === "/plain/" ? "upstream_tls_failed" : "upstream_failed";
    assertEquals((await response.json()).error.type, `cred_proxy_${code}`);
    await service.logged(cause);
  }
});
