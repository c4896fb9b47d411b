/**
 * The lines that point clients at routes: which ones are printed, and that a shell which runs them reaches the route.
 *
 * @module
 */

import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { CLIENT_CASES } from "./cases/all.ts";
import { type Package, VERSIONS } from "./versions.ts";
import { clientFiles } from "../../lib/providers/client_files.ts";
import { clientSetup } from "../../lib/providers/client_setup.ts";
import { findRoute } from "../../lib/providers/find_route.ts";
import { parseRoutes } from "../../lib/config/route/route_table.ts";
import { openForge } from "../support/forge.ts";
import { linesOf, valueOf } from "../support/result.ts";
import { runMain } from "../support/run_main.ts";
import { routeOf } from "../support/route.ts";
import { startService } from "../support/service.ts";
import { startUpstream } from "../support/upstream.ts";
import { within } from "../support/within.ts";

const TOKEN = "real-hJ2Tq8vXbN5zR1wK";
const CLIENT_TOKEN = "client-Rw5Ck8Zt3Hn6Jx2P";
const EVERYWHERE = { bind: "0.0.0.0", port: 9099, socket: undefined };

/** The lines for one route, without the one that names it. */
function linesFor(fields: object, clientTokenEnv?: string, listen: object = {}): readonly string[] {
  const setup = clientSetup([routeOf(fields)], { ...EVERYWHERE, ...listen }, { clientTokenEnv });
  return (setup.split("\n\n").at(-1) ?? "").split("\n").slice(1);
}

const URL_A = "http://cred-proxy:9099/a";
const CURL = ["# curl, and any client that takes a URL:", `curl ${URL_A}/`];
const GIT = "# git:";
const NPM = "# npm, deno:";
const PIP = [
  "# pip, uv, poetry, twine:",
  "export PIP_INDEX_URL=http://agent:placeholder@cred-proxy:9099/a/simple/",
];
const CARGO = "# cargo:";

Deno.test("each upstream's clients get their lines, with a key that is clearly a placeholder", () => {
  const cases: [upstream: string, lines: readonly string[]][] = [
    ["https://api.anthropic.com", [
      "# Claude Code, @anthropic-ai/sdk:",
      `export ANTHROPIC_BASE_URL=${URL_A} ANTHROPIC_AUTH_TOKEN=placeholder`,
      `# @ai-sdk/anthropic: createAnthropic({ baseURL: "${URL_A}/v1", authToken: "placeholder" })`,
    ]],
    ["https://api.openai.com", [
      "# Codex, openai:",
      `export OPENAI_BASE_URL=${URL_A}/v1 OPENAI_API_KEY=placeholder`,
      `codex -c model_provider=cred-proxy -c 'model_providers.cred-proxy={ name = "cred-proxy", ` +
      `base_url = "${URL_A}/v1", env_key = "OPENAI_API_KEY", wire_api = "responses" }'`,
    ]],
    ["https://generativelanguage.googleapis.com", [
      "# Gemini CLI, @google/genai:",
      `export GOOGLE_GEMINI_BASE_URL=${URL_A} GEMINI_API_KEY=placeholder`,
      "[ -e ~/.gemini/settings.json ] || { mkdir -p ~/.gemini && " +
      `echo '{"security":{"auth":{"selectedType":"gemini-api-key"}}}' > ~/.gemini/settings.json; }`,
    ]],
    ["https://github.com", [
      GIT,
      `git config --global url.${URL_A}/.insteadOf https://github.com/`,
      "git config --global lfs.transfer.enablehrefrewrite true",
    ]],
    ["https://github.com/acme", [
      GIT,
      `git config --global url.${URL_A}/.insteadOf https://github.com/acme/`,
      "git config --global lfs.transfer.enablehrefrewrite true",
    ]],
    ["https://api.github.com", [
      "# gh, only gh api (other commands need a route with host, and CRED_PROXY_SOCKET):",
      "export GH_TOKEN=placeholder GH_ENTERPRISE_TOKEN=placeholder",
      `gh api ${URL_A}/user`,
      "# octokit:",
      `# octokit: new Octokit({ auth: "placeholder", baseUrl: "${URL_A}" })`,
      ...CURL,
    ]],
    ["https://npm.example.com", [
      NPM,
      `npm config set registry=${URL_A}/`,
      "npm config set //cred-proxy:9099/a/:_authToken=placeholder",
      "npm config set replace-registry-host=always",
    ]],
    ["https://pypi.example.com", [
      ...PIP,
      "export PIP_TRUSTED_HOST=cred-proxy:9099",
      "export UV_DEFAULT_INDEX=http://agent:placeholder@cred-proxy:9099/a/simple/",
      "export POETRY_HTTP_BASIC_PROXY_USERNAME=agent POETRY_HTTP_BASIC_PROXY_PASSWORD=placeholder",
      `# poetry, in a project: poetry source add --priority=primary proxy ${URL_A}/simple/`,
      `export TWINE_REPOSITORY_URL=${URL_A}/ TWINE_USERNAME=agent TWINE_PASSWORD=placeholder`,
    ]],
    ["https://go.example.com", ["# go:", `export GOPROXY=${URL_A} GONOSUMDB='*'`]],
    ["https://maven.example.com", [
      "# Maven:",
      "[ -e ~/.m2/settings.xml ] || { mkdir -p ~/.m2 && echo '<settings><mirrors><mirror><id>proxy</id>" +
      `<mirrorOf>*</mirrorOf><url>${URL_A}/</url></mirror></mirrors><servers><server><id>proxy</id>` +
      "<username>agent</username><password>placeholder</password></server></servers></settings>' " +
      "> ~/.m2/settings.xml; }",
    ]],
    ["https://files.example.com/webdav", [
      "# rclone:",
      "# rclone finds no files unless the route's path is the upstream's: /webdav/",
      `export RCLONE_CONFIG_PROXY_TYPE=webdav RCLONE_CONFIG_PROXY_URL=${URL_A} ` +
      "RCLONE_CONFIG_PROXY_BEARER_TOKEN=placeholder",
      "# The remote is proxy:",
    ]],
    ["https://restic.example.com", [
      "# restic:",
      "export RESTIC_REPOSITORY=rest:http://agent:placeholder@cred-proxy:9099/a/ " +
      "# the repository's own password is another matter",
    ]],
    ["https://kubernetes.example.com", [
      "# kubectl:",
      `kubectl config set-cluster cred-proxy --server=${URL_A}`,
      "kubectl config set-context cred-proxy --cluster=cred-proxy",
      "kubectl config use-context cred-proxy",
    ]],
    ["https://slack.com/api", [
      "# Slack's libraries:",
      `# @slack/web-api: new WebClient("placeholder", { slackApiUrl: "${URL_A}/" })`,
      `# slack_sdk: WebClient(token="placeholder", base_url="${URL_A}/")`,
      ...CURL,
    ]],
    ["https://api.notion.com", [
      "# Notion's libraries:",
      `# @notionhq/client: new Client({ auth: "placeholder", baseUrl: "${URL_A}" })`,
      `# notion-client: Client(auth="placeholder", base_url="${URL_A}")`,
      ...CURL,
    ]],
    ["https://api.stripe.com", [
      "# Stripe's libraries:",
      `# Python: stripe.StripeClient("placeholder", base_addresses={"api": "${URL_A}"})`,
      "# Node: only with the route's path /v1/, and /v1 at the end of its upstream",
      ...CURL,
    ]],
    ["https://cargo.example.com", [
      CARGO,
      `export CARGO_REGISTRIES_PROXY_INDEX=sparse+${URL_A}/ # the folder of config.json`,
      "export CARGO_REGISTRIES_PROXY_TOKEN=placeholder",
      "export CARGO_REGISTRY_GLOBAL_CREDENTIAL_PROVIDERS=cargo:token",
      '# In Cargo.toml: NAME = { version = "1", registry = "proxy" }',
    ]],
    ["https://huggingface.co", [
      "# huggingface_hub:",
      `export HF_ENDPOINT=${URL_A} HF_TOKEN=hf_placeholder`,
    ]],
    ["https://example.com", CURL],
    ["http://[fd00::1]:8080/internal", CURL],
  ];
  for (const [upstream, lines] of cases) assertEquals(linesFor({ upstream }), lines, upstream);
});

Deno.test("registries and forges are recognized by words in the table, the upstream's path first", () => {
  const cases: [fields: object, first: string | undefined][] = [
    [{ upstream: "https://registry.example.com" }, NPM],
    [{ upstream: "https://git.example.com/api/packages/acme/npm" }, NPM],
    [{ upstream: "https://git.example.com/api/packages/acme/pypi/simple" }, PIP[0]],
    [{ upstream: "https://git.example.com/api/packages/acme/cargo" }, CARGO],
    [{ upstream: "https://git.example.com/api/v1" }, CURL[0]],
    [{ upstream: "https://git.example.com" }, GIT],
    [{ upstream: "https://gitlab.example.com" }, GIT],
    [{ upstream: "https://packages.example.com", path: "/cargo/" }, "# cargo:"],
    [{ upstream: "https://packages.example.com", path: "/git/" }, GIT],
    [{ upstream: "https://x.example.com", paths: ["**/info/refs", "**/git-upload-pack"] }, GIT],
    [{ upstream: "https://digit.example.com" }, CURL[0]],
  ];
  for (const [fields, first] of cases) assertEquals(linesFor(fields)[0], first, JSON.stringify(fields));
});

Deno.test("a base URL ends with the API's version once, or a comment says what to change", () => {
  const [, openai] = linesFor({ upstream: "https://api.openai.com/v1" });
  assertEquals(openai, `export OPENAI_BASE_URL=${URL_A} OPENAI_API_KEY=placeholder`);
  const index = linesFor({ upstream: "https://pypi.example.com/simple" });
  assertEquals(index[1], PIP[1]?.replace("simple/", ""));
  assertEquals(
    index.at(-1),
    "# twine needs a route without /simple at the end of the upstream https://pypi.example.com/simple",
  );
  const google = "https://generativelanguage.googleapis.com";
  for (const upstream of ["https://api.anthropic.com/v1", `${google}/v1beta`, `${google}/v1`]) {
    const version = upstream.split("/").at(-1);
    assertEquals(
      linesFor({ upstream })[1],
      `# These clients append /${version} themselves; remove /${version} from the upstream ${upstream}`,
    );
  }
});

Deno.test("with a client token, the key is its variable in the form that each client reads", () => {
  const cases: [upstream: string, part: string][] = [
    ["https://api.anthropic.com", 'ANTHROPIC_AUTH_TOKEN="$AGENT"'],
    ["https://api.openai.com", 'OPENAI_API_KEY="$AGENT"'],
    ["https://generativelanguage.googleapis.com", 'GEMINI_API_KEY="$AGENT"'],
    [
      "https://github.com",
      `credential.http://cred-proxy:9099.helper '!f() { echo username=agent; echo "password=$AGENT"; }; f'`,
    ],
    ["https://api.github.com", 'GH_ENTERPRISE_TOKEN="$AGENT"'],
    ["https://npm.example.com", "'//cred-proxy:9099/a/:_authToken=${AGENT}'"],
    ["https://pypi.example.com", 'PIP_INDEX_URL=http://agent:"$AGENT"@cred-proxy:9099/a/simple/'],
    ["https://go.example.com", "# go sends no credential over http, so it can't send a client token"],
    ["https://maven.example.com", "<password>${env.AGENT}</password>"],
    ["https://restic.example.com", 'RESTIC_REPOSITORY=rest:http://agent:"$AGENT"@cred-proxy:9099/a/'],
    ["https://kubernetes.example.com", "# kubectl sends no credential over http"],
    ["https://files.example.com/webdav", 'RCLONE_CONFIG_PROXY_BEARER_TOKEN="$AGENT"'],
    ["https://slack.com/api", "new WebClient(process.env.AGENT, {"],
    ["https://slack.com/api", 'WebClient(token=os.environ["AGENT"], base_url='],
    ["https://huggingface.co", 'HF_TOKEN=hf_"$AGENT"'],
    ["https://cargo.example.com", 'CARGO_REGISTRIES_PROXY_TOKEN="Bearer $AGENT"'],
    ["https://example.com", `curl -H "Authorization: Bearer $AGENT" ${URL_A}/`],
  ];
  for (const [upstream, part] of cases) {
    const text = linesFor({ upstream }, "AGENT").join("\n");
    assertStringIncludes(text, part);
    assert(!text.includes("placeholder"), text);
  }
});

Deno.test("clients that ask for a path of their own get their lines on a route with that path", () => {
  const registry = { path: "/v2/", upstream: "https://registry.example.com/v2" };
  assertEquals(
    linesFor(registry).at(-1),
    "skopeo login --tls-verify=false --username agent --password placeholder cred-proxy:9099",
  );
  assertEquals(
    linesFor({ path: "/v1/", upstream: "https://api.stripe.com/v1" })[1],
    '# Node: new Stripe("placeholder", { protocol: "http", host: "cred-proxy", port: 9099 })',
  );
  assertEquals(linesFor({ path: "/webdav/", upstream: "https://files.example.com/webdav" }).length, 3);
});

Deno.test("a route with host is reached through the socket, by gh too, or with a Host field", () => {
  const fields = { path: undefined, host: "api.github.com", upstream: "https://api.github.com" };
  const socket = "/run/agent/agent.sock";
  assertEquals(linesFor(fields, undefined, { socket }), [
    "# gh:",
    "export GH_TOKEN=placeholder",
    `gh config set http_unix_socket ${socket}`,
    "# curl:",
    `curl --unix-socket ${socket} http://api.github.com/`,
    "curl -H 'Host: api.github.com' http://cred-proxy:9099/",
  ]);
  assertEquals(linesFor(fields)[1], "# gh needs a Unix socket: set CRED_PROXY_SOCKET");
  // A client with a base URL can't reach such a route.
  assertEquals(linesFor({ ...fields, upstream: "https://api.openai.com" })[0], "# curl:");
});

Deno.test("the address is where the service listens, or its name if it listens on all addresses", () => {
  const cases: [bind: string, url: string][] = [
    ["0.0.0.0", "http://cred-proxy:80/a/"],
    ["::", "http://cred-proxy:80/a/"],
    ["127.0.0.1", "http://127.0.0.1:80/a/"],
    ["::1", "'http://[::1]:80/a/'"],
    ["proxy.internal", "http://proxy.internal:80/a/"],
  ];
  for (const [bind, url] of cases) {
    assertEquals(linesFor({}, undefined, { bind, port: 80 })[1], `curl ${url}`);
  }
  assertEquals(linesFor({ path: "/" })[1], "curl http://cred-proxy:9099/");
  assertEquals(linesFor({ path: "/$HOME/it's/" })[1], "curl 'http://cred-proxy:9099/$HOME/it'\\''s/'");
});

Deno.test("a sandbox's home gets the settings of clients that read no variable, and keeps those that it has", async () => {
  const routes = [
    routeOf({ path: "/openai/", upstream: "https://api.openai.com" }),
    routeOf({ path: "/gemini/", upstream: "https://generativelanguage.googleapis.com" }),
  ];
  const script = clientFiles(routes, { ...EVERYWHERE, bind: "127.0.0.1" }, { clientTokenEnv: undefined });
  const home = await Deno.makeTempDir();
  try {
    await Deno.mkdir(join(home, ".gemini"));
    await Deno.writeTextFile(join(home, ".gemini/settings.json"), "mine");
    const { success } = await new Deno.Command("sh", {
      args: ["-euc", script],
      clearEnv: true,
      env: { HOME: home, PATH: "/usr/bin:/bin" },
    }).output();
    assert(success);
    assertEquals(await Deno.readTextFile(join(home, ".gemini/settings.json")), "mine");
    const settings = await Deno.readTextFile(join(home, ".codex/config.toml"));
    assertStringIncludes(settings, 'base_url = "http://127.0.0.1:9099/openai/v1"');
    assertStringIncludes(settings, 'sandbox_mode = "danger-full-access"');
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("findRoute() accepts a path with or without its slashes, or a host, and suggests a similar name", () => {
  const least = { upstream: "https://a.example", auth_scheme: "", token_env: "A" };
  const { routes } = valueOf(parseRoutes(JSON.stringify({
    routes: [{ ...least, path: "/gh/" }, { ...least, path: "/anthropic/" }, {
      ...least,
      host: "b.example",
    }, { ...least, path: "/a/b/" }],
  })));
  for (const name of ["/gh/", "gh", "/gh", "gh/"]) {
    assertEquals(valueOf(findRoute(routes, name)), routes.find(({ path }) => path === "/gh/"));
  }
  assertEquals(valueOf(findRoute(routes, "a/b")), routes.find(({ path }) => path === "/a/b/"));
  assertEquals(valueOf(findRoute(routes, "B.example")), routes[0]);
  const problems: [name: string, line: string][] = [
    ["antropic", '"antropic": is not a route; did you mean /anthropic/?'],
    ["b.exampel", '"b.exampel": is not a route; did you mean b.example?'],
    ["/", '"/": is not a route; the table has b.example, /anthropic/, /a/b/, /gh/'],
  ];
  for (const [name, line] of problems) assertEquals(linesOf(findRoute(routes, name)), [line]);
});

Deno.test("clients needs permission to read the table and four variables, and no token", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const least = { auth_scheme: "Bearer", token_env: "A_TOKEN" };
    const routes = [{ ...least, path: "/a/", upstream: "https://a.example" }, {
      ...least,
      path: "/b/",
      upstream: "https://b.example",
    }];
    await Deno.writeTextFile(join(folder, "routes.json"), JSON.stringify({ routes }));
    const env = { CRED_PROXY_ROUTES: join(folder, "routes.json"), A_TOKEN: "x\n", CRED_PROXY_LOG: "wrong" };
    const names = ["ROUTES", "BIND", "PORT", "SOCKET"].map((name) => `CRED_PROXY_${name}`);
    const flags = ["--no-prompt", `--allow-read=${folder}`, `--allow-env=${names}`];
    const run = (args: string[], more = {}) =>
      runMain(["clients", ...args], { env: { ...env, ...more }, flags });

    assertEquals(await run(["b"]), {
      code: 0,
      stdout:
        "# /b/ → https://b.example\n# curl, and any client that takes a URL:\ncurl http://cred-proxy:9099/b/\n",
      stderr: "",
    });
    assertEquals((await run([])).stdout.match(/^# \/.*/gm), [
      "# /a/ → https://a.example",
      "# /b/ → https://b.example",
    ]);
    assertEquals(await run(["/aa/"]), {
      code: 64,
      stdout: "",
      stderr: 'cred-proxy: "/aa/": is not a route; did you mean /a/?\n',
    });
    const port = await run([], { CRED_PROXY_PORT: "0" });
    assertEquals([port.code, port.stdout], [78, ""]);
    await Deno.writeTextFile(join(folder, "routes.json"), '{"routes":[]}');
    assertEquals((await run([])).code, 78);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

const DOCUMENT = await Deno.readTextFile(new URL("../../docs/CLIENTS.md", import.meta.url));

/** The fenced blocks of one language. */
function blocks(language: string): string[] {
  return [...DOCUMENT.matchAll(/^```(\S*)\n(.*?)^```$/gms)]
    .filter(([, name]) => name === language).map(([, , block]) => block ?? "");
}

Deno.test("docs/CLIENTS.md shows the lines printed for its table, without and with a client token", () => {
  const [table = ""] = blocks("json");
  const [lines, keyed] = blocks("sh");
  const listen = { ...EVERYWHERE, socket: "/run/agent/agent.sock" };
  const { routes } = valueOf(parseRoutes(table));
  assertEquals(`${clientSetup(routes, listen, { clientTokenEnv: undefined })}\n`, lines);
  const some = ["/anthropic/", "/github/", "/npm/", "/pypi/", "/cargo/", "/internal/"];
  const few = routes.filter(({ path }) => some.includes(path));
  assertEquals(`${clientSetup(few, listen, { clientTokenEnv: "CLIENT_TOKEN" })}\n`, keyed);
});

Deno.test("docs/CLIENTS.md lists every tested client with its tested version", () => {
  const rows = new Map(
    [...DOCUMENT.matchAll(/^\| (.+?) +\| ([\d.]+) +\|/gm)].map(([, client, version]) => [client, version]),
  );
  assertEquals([...rows.keys()], CLIENT_CASES.map(({ name }) => name));
  const packages: [client: string, name: Package][] = [
    ["Claude Code", "@anthropic-ai/claude-code"],
    ["Codex", "@openai/codex"],
    ["Gemini CLI", "@google/gemini-cli"],
    ["@anthropic-ai/sdk", "@anthropic-ai/sdk"],
    ["openai", "openai"],
    ["@google/genai", "@google/genai"],
    ["npm", "npm"],
    ["pnpm", "pnpm"],
  ];
  for (const [client, name] of packages) assertEquals(rows.get(client), VERSIONS[name], client);
});

/** Runs the lines in a shell, then more commands, in a home of its own. */
async function paste(lines: string, more: string, env: Record<string, string> = {}) {
  const home = await Deno.makeTempDir();
  try {
    await using child = new Deno.Command("sh", {
      args: ["-euc", `${lines}\n${more}`],
      cwd: home,
      clearEnv: true,
      env: { PATH: Deno.env.get("PATH") ?? "", HOME: home, GIT_CONFIG_NOSYSTEM: "1", ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const { code, stdout, stderr } = await within(child.output(), "The shell's end", 30_000);
    const [out = "", err = ""] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    return { code, stdout: out, stderr: err };
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

for (const asks of [false, true]) {
  const what = asks ? "with a client token" : "without a client token";
  Deno.test(`the lines for git make git clone and push through the route, ${what}`, async () => {
    await using forge = await openForge(`token ${TOKEN}`);
    await using service = await startService({
      routes: {
        ...asks ? { client_token_env: "AGENT_TOKEN" } : {},
        routes: [{ path: "/git/", upstream: forge.upstream.url, auth_scheme: "token", token_env: "A_TOKEN" }],
      },
      env: { A_TOKEN: TOKEN, AGENT_TOKEN: CLIENT_TOKEN },
      ca: forge.ca,
    });
    const address = { ...service.env, CRED_PROXY_PORT: `${service.port}` };
    const { code, stdout: lines } = await runMain(["clients", "git"], { env: address });
    assertEquals(code, 0);
    const more = `git clone --quiet ${forge.upstream.url}/project.git work
      git -C work -c user.name=Agent -c user.email=agent@example.com commit --quiet --allow-empty -m pushed
      git -C work push --quiet origin HEAD:main
      cat work/README`;
    const env = { AGENT_TOKEN: CLIENT_TOKEN, GIT_TERMINAL_PROMPT: "0" };
    const pasted = await paste(lines, more, env);
    assertEquals([pasted.code, pasted.stdout, pasted.stderr], [0, "one\n", ""]);
    assertEquals(await forge.git("-C", forge.bare, "log", "-1", "--format=%s", "main"), "pushed");
    assert(forge.upstream.requests.every((each) => each.field("authorization") === `token ${TOKEN}`));
    // Without the lines git connects to the forge itself, whose certificate it does not trust.
    assertNotEquals((await paste("", more, env)).code, 0);
  });
}

const curl = await has("curl");

/** Whether a command is installed. */
async function has(command: string): Promise<boolean> {
  const { success } = await new Deno.Command("sh", { args: ["-c", `command -v ${command}`] }).output();
  return success;
}

Deno.test({
  name: "the lines for curl reach a route by its prefix, and another by its host through the socket",
  ignore: !curl,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    const socket = join(folder, "agent.sock");
    await using upstream = startUpstream((exchange) => exchange.respond(200, [], `${exchange.target}\n`));
    const rest = { auth_scheme: "Bearer", token_env: "A_TOKEN" };
    await using service = await startService({
      routes: {
        client_token_env: "AGENT_TOKEN",
        routes: [
          { ...rest, path: "/it's/", upstream: `${upstream.url}/path` },
          { ...rest, host: "api.test", upstream: `${upstream.url}/host` },
        ],
      },
      env: { A_TOKEN: TOKEN, AGENT_TOKEN: CLIENT_TOKEN, CRED_PROXY_SOCKET: socket },
    });
    const env = { ...service.env, CRED_PROXY_PORT: `${service.port}` };
    const { stdout: lines } = await runMain(["clients"], { env });
    const silent = lines.replaceAll(/^curl/gm, "curl --silent --show-error --fail");
    const pasted = await paste(silent, "", { AGENT_TOKEN: CLIENT_TOKEN });
    assertEquals(pasted, { code: 0, stdout: "/host/\n/host/\n/path/\n", stderr: "" });
    assert(upstream.requests.every((each) => each.field("authorization") === `Bearer ${TOKEN}`));
    assertNotEquals((await paste(silent, "", { AGENT_TOKEN: "another" })).code, 0);
    await Deno.remove(folder, { recursive: true });
  },
});
