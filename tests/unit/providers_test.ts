import { assert, assertEquals, assertMatch } from "@std/assert";
import { Ajv } from "ajv";
import { parseRoutes } from "../../lib/config/route/route_table.ts";
import type { RouteConfig } from "../../lib/config/route/route_config.ts";
import { tokenVariables } from "../../lib/config/route/token.ts";
import { findProvider, PROVIDERS } from "../../lib/providers/all_providers.ts";
import { clientSetup } from "../../lib/providers/client_setup.ts";
import { clientVariables } from "../../lib/providers/client_variables.ts";
import { parseChoice } from "../../lib/providers/preset_table.ts";
import type { Provider } from "../../lib/providers/provider.ts";
import { recipesFor } from "../../lib/providers/recipes_for.ts";
import schema from "../../routes.schema.json" with { type: "json" };
import { linesOf, valueOf } from "../support/result.ts";

const HERE = { bind: "127.0.0.1", port: 9099, socket: undefined };
const OPEN = { clientTokenEnv: undefined };

/** The argument that chooses a provider: with an example of a host where users have one of their own. */
function choiceOf({ name, host, hostExample }: Provider): string {
  return host === undefined && hostExample !== undefined ? `${name}=${hostExample}` : name;
}

function routesOf(...choices: string[]): readonly RouteConfig[] {
  const routes = choices.flatMap((choice) => valueOf(parseChoice(choice)).routes);
  return valueOf(parseRoutes(JSON.stringify({ routes }))).routes;
}

const isValid = new Ajv({ allErrors: true }).compile(schema);

for (const provider of PROVIDERS) {
  Deno.test(`the preset ${provider.name} is a valid table, and says where each fact and each token is from`, () => {
    const { routes } = valueOf(parseChoice(choiceOf(provider)));
    const table = valueOf(parseRoutes(JSON.stringify({ routes })));
    assert(isValid({ routes }), JSON.stringify(isValid.errors));
    const declared = provider.secrets.map(({ variable }) => variable);
    assertEquals(tokenVariables(table).filter((name) => !declared.includes(name)), []);
    assertEquals(declared.filter((name) => !tokenVariables(table).includes(name)), []);
    assert(provider.sources.length > 0);
    for (const url of [...provider.sources, ...provider.secrets.flatMap(({ from }) => from ?? [])]) {
      assertEquals(new URL(url).protocol, "https:");
    }
    for (const { fields, proof } of provider.routes) {
      if (fields.path !== undefined) {
        assertMatch(fields.path, new RegExp(`^/(?:${provider.name}(?:-[a-z0-9]+)*|v2)/$`));
      }
      if (proof !== undefined) assertMatch(proof.path, /^\/[\x21-\x7e]*$/);
    }
    // The lines are for the clients that the preset names, also behind a host of the user's own.
    for (const route of table.routes.filter(({ host }) => host === undefined)) {
      const preset = provider.routes.find(({ fields }) => fields.path === route.path);
      assertEquals(recipesFor(route), preset?.clients);
    }
  });
}

Deno.test("the presets of all providers together are one valid table", () => {
  assertEquals(new Set(PROVIDERS.map(({ name }) => name)).size, PROVIDERS.length);
  routesOf(...PROVIDERS.map(choiceOf));
});

Deno.test("a provider's host can be named, as a host or as the URL of a mock", () => {
  const upstreams = (choice: string) => valueOf(parseChoice(choice)).routes.map(({ upstream }) => upstream);
  assertEquals(upstreams("anthropic"), ["https://api.anthropic.com"]);
  assertEquals(upstreams("Anthropic"), ["https://api.anthropic.com"]);
  assertEquals(upstreams("anthropic=proxy.example.com:8443"), ["https://proxy.example.com:8443"]);
  assertEquals(upstreams("gitlab=http://127.0.0.1:8080/"), [
    "http://127.0.0.1:8080",
    "http://127.0.0.1:8080/api/v4",
  ]);
});

Deno.test("requests to AWS are signed for the region in the host", () => {
  const [route] = valueOf(parseChoice("bedrock=bedrock-runtime.eu-central-1.amazonaws.com")).routes;
  assertEquals((route?.sign_with as { aws_sigv4: { region: string } }).aws_sigv4.region, "eu-central-1");
  assert(
    clientSetup(routesOf("aws-s3=s3.ap-southeast-2.amazonaws.com"), HERE, OPEN)
      .includes("AWS_ENDPOINT_URL_S3=http://127.0.0.1:9099/aws-s3 AWS_REGION=ap-southeast-2 "),
  );
});

Deno.test("a choice that is not valid is refused with what to write instead", () => {
  const cases: [choice: string, line: string][] = [
    ["antropic", "antropic: is not a provider; did you mean anthropic?"],
    ["sk-ant-api03-hunter2hunter2", 'PROVIDER: is not a provider; "providers" lists them'],
    ["jira", "jira: has a host of your own: write jira=HOST, for example jira=acme.atlassian.net"],
    ["jira=", "jira=HOST: must name a host: a DNS name, an IPv4 address, or an IPv6 address in brackets"],
    ["jira=a b", "jira=HOST: must contain only visible ASCII, and no backslash"],
    ["openai=foo/bar", "openai=HOST: must be a host, or a URL without a path"],
    ["github=ghe.example.com", "github: has one host for everybody; leave out what follows the ="],
  ];
  for (const [choice, line] of cases) assertEquals(linesOf(parseChoice(choice)), [line], choice);
  assertEquals(valueOf(findProvider("openai")).name, "openai");
});

/** Runs a script in a shell that finds no program, and returns the variables that it has set. */
async function evaluate(script: string, names: readonly string[]): Promise<Record<string, string>> {
  const shown = names.map((name) => `printf '%s\\0%s\\0' ${name} "\${${name}-}"`).join("\n");
  const { success, stdout, stderr } = await new Deno.Command("/bin/sh", {
    args: ["-euc", `eval "$1"\n${shown}`, "sh", script],
    clearEnv: true,
    env: { PATH: "/nonexistent", CLIENT_TOKEN: "it's $secret" },
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert(success && err === "", `${err}\n${script}`);
  const parts = (out ?? "").split("\0");
  return Object.fromEntries(
    names.map((name, index) => [name, parts[2 * index + 1] ?? ""]).filter(([name], index) =>
      name === parts[2 * index]
    ),
  );
}

Deno.test("the lines of clients --env set variables and run no program, for every preset", async () => {
  for (const clientTokenEnv of [undefined, "CLIENT_TOKEN"]) {
    const all = clientVariables(routesOf(...PROVIDERS.map(choiceOf)), HERE, { clientTokenEnv });
    const values = await evaluate(all, [
      "ANTHROPIC_BASE_URL",
      "ANTHROPIC_AUTH_TOKEN",
      "OPENAI_BASE_URL",
      "npm_config_registry",
      "GIT_CONFIG_COUNT",
      "GIT_CONFIG_KEY_0",
      "GIT_CONFIG_VALUE_0",
    ]);
    assertEquals(values, {
      ANTHROPIC_BASE_URL: "http://127.0.0.1:9099/anthropic",
      ANTHROPIC_AUTH_TOKEN: clientTokenEnv === undefined ? "placeholder" : "it's $secret",
      OPENAI_BASE_URL: "http://127.0.0.1:9099/openai/v1",
      npm_config_registry: "http://127.0.0.1:9099/npm/",
      GIT_CONFIG_COUNT: clientTokenEnv === undefined ? "3" : "4",
      GIT_CONFIG_KEY_0: "url.http://127.0.0.1:9099/github/.insteadOf",
      GIT_CONFIG_VALUE_0: "https://github.com/",
    });
    for (const line of all.split("\n")) assertMatch(line, /^(?:#.*|export .*|)$/);
  }
});

Deno.test("a variable that two routes would set is left to the first, and a comment says what the other needs", () => {
  const text = clientVariables(routesOf("openai", "mistral"), HERE, OPEN);
  assert(
    text.includes("\nexport OPENAI_BASE_URL=http://127.0.0.1:9099/openai/v1 OPENAI_API_KEY=placeholder\n"),
    text,
  );
  assert(
    text.includes(
      "\n# OPENAI_BASE_URL is already that of /openai/; instead: " +
        "export OPENAI_BASE_URL=http://127.0.0.1:9099/mistral/v1 OPENAI_API_KEY=placeholder",
    ),
    text,
  );
});

Deno.test("of several routes for Claude Code, the variables choose one", async () => {
  const text = clientVariables(
    routesOf("anthropic", "vertex", "bedrock=bedrock-runtime.us-east-1.amazonaws.com"),
    HERE,
    OPEN,
  );
  const names = ["ANTHROPIC_BASE_URL", "CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX", "AWS_REGION"];
  assertEquals(await evaluate(text, names), {
    ANTHROPIC_BASE_URL: "http://127.0.0.1:9099/anthropic",
    CLAUDE_CODE_USE_BEDROCK: "",
    CLAUDE_CODE_USE_VERTEX: "",
    AWS_REGION: "us-east-1",
  });
  assert(text.includes("\n# Claude Code uses /anthropic/; instead: export ANTHROPIC_VERTEX_BASE_URL="), text);
});

Deno.test("git takes its settings from the variables of clients --env", async () => {
  const script = clientVariables(routesOf("github"), HERE, OPEN);
  const { stdout } = await new Deno.Command("sh", {
    args: ["-euc", `eval "$1"; git config --get-regexp '^url'`, "sh", script],
    clearEnv: true,
    env: { PATH: Deno.env.get("PATH") ?? "", HOME: "/nonexistent" },
  }).output();
  assertEquals(
    new TextDecoder().decode(stdout),
    "url.http://127.0.0.1:9099/github/.insteadof https://github.com/\n",
  );
});

Deno.test("the lines of clients for every preset name the route's address", () => {
  for (const provider of PROVIDERS) {
    const routes = routesOf(choiceOf(provider));
    const text = clientSetup(routes, HERE, OPEN);
    for (const { path, host, anonymous } of routes) {
      // Clients of a registry take its host alone.
      const address = `127.0.0.1:9099${path === "/v2/" ? "" : path.slice(0, -1)}`;
      if (host === undefined && !anonymous) assert(text.includes(address), text);
    }
  }
});
