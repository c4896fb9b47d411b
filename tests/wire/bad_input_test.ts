/**
 * What is wrong with the configuration, as `serve` reports it: one line per problem, with its path, never with a secret.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { runMain, startService } from "../support/service.ts";
import { startUpstream } from "../support/upstream.ts";
import { request } from "../support/wire.ts";

/** Stands wherever a secret could stand; no output may hold it. */
const CANARY = "canary7Hq2Lw9XvT4bNzR5";

const ROUTE = { path: "/a/", upstream: "https://api.test", auth_scheme: "Bearer", token_env: "A_TOKEN" };

let folder: string;

Deno.test.beforeAll(async () => {
  folder = await Deno.makeTempDir({ prefix: "cred-proxy-" });
  await Deno.mkdir(join(folder, "a-folder"));
  await Deno.writeTextFile(join(folder, "routes.json"), JSON.stringify({ routes: [ROUTE] }));
});
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

/** Runs a verb that must fail; returns its lines without the program's name. */
async function linesOf(env: Record<string, string>, verb = "serve"): Promise<string[]> {
  const { code, stdout, stderr } = await runMain([verb], {
    env: { CRED_PROXY_ROUTES: join(folder, "routes.json"), CRED_PROXY_PORT: "0", ...env },
  });
  const context = `${JSON.stringify(env)}\n${stderr}`;
  assertEquals([code, stdout], [78, ""], context);
  assert(!stderr.includes(CANARY) && !stderr.includes(CANARY.toLowerCase()), context);
  // Not even its first half.
  assert(!stderr.includes(CANARY.slice(0, 11)), context);
  const lines = stderr.trimEnd().split("\n");
  // A refusal of the flags would not be about the input, and a stack would not be for the operator.
  for (const line of lines) assertMatch(line, /^cred-proxy: (?!--allow)\S.*: \S/, context);
  return lines.map((line) => line.replace("cred-proxy: ", ""));
}

/** Returns the lines for a route table's text. */
async function linesForTable(text: string): Promise<string[]> {
  const file = join(folder, "bad.json");
  await Deno.writeTextFile(file, text);
  return await linesOf({ CRED_PROXY_ROUTES: file });
}

const MISSING =
  "no such file; make one with: bin/cred-proxy init PROVIDER, or name yours in CRED_PROXY_ROUTES";

Deno.test("a route table that can't be read is reported under its path", async () => {
  const cases: [file: string, message: string][] = [
    ["missing.json", MISSING],
    ["missing/routes.json", MISSING],
    ["a-folder", "is a folder, not a file"],
  ];
  for (const [file, message] of cases) {
    const path = join(folder, file);
    for (const verb of ["serve", "permissions", "check"]) {
      assertEquals(await linesOf({ CRED_PROXY_ROUTES: path }, verb), [`${path}: ${message}`]);
    }
  }
});

Deno.test("a route table that is not JSON is reported by line and column", async () => {
  const cases: [text: string, place: RegExp][] = [
    ["", /line 1, column 1/],
    [`{ "routes": [\n  ${CANARY}\n] }`, /line 2, column 3/],
    [`{ "routes": [{ "token": "${CANARY}", }] }`, /line 1, column \d+/],
    [`{ "routes": [] } ${CANARY}`, /line 1, column 18/],
    [`{ "routes": "${CANARY}`, /line 1, column 13/],
    [`<routes token="${CANARY}"/>`, /line 1, column 1/],
  ];
  for (const [text, place] of cases) {
    const lines = await linesForTable(text);
    assertEquals(lines.length, 1, lines.join("\n"));
    assertMatch(lines[0] ?? "", /\/bad\.json: is not JSON: /);
    assertMatch(lines[0] ?? "", place);
  }
});

Deno.test("a route table that is no object, or has no routes, is reported as such", async () => {
  const cases: [text: string, line: string][] = [
    ["[]", `${folder}/bad.json: must be an object, got an array`],
    ["null", `${folder}/bad.json: must be an object, got null`],
    [`"${CANARY}"`, `${folder}/bad.json: must be an object, got a string`],
    ["1", `${folder}/bad.json: must be an object, got a number`],
    ["{}", "routes: is missing"],
    [`{"routes": "${CANARY}"}`, "routes: must be an array, got a string"],
    ['{"routes": {}}', "routes: must be an array, got an object"],
    ['{"routes": []}', "routes: must contain at least one route"],
    ['{"routes": [null]}', "routes[0]: must be an object, got null"],
  ];
  for (const [text, line] of cases) assertEquals(await linesForTable(text), [line]);
});

Deno.test("all problems of a table are reported at once", async () => {
  const table = {
    routes: [
      { ...ROUTE, path: "a/", auth_schema: "Bearer" },
      { path: "/b/", upstream: "ftp://api.test", auth_scheme: "Bearer" },
      ROUTE,
      { ...ROUTE, token_env: 5 },
    ],
    route: [],
  };
  const lines = await linesForTable(JSON.stringify(table));
  assertEquals(lines.map((line) => line.split(": ")[0]).toSorted(), [
    "route",
    "routes[0].auth_schema",
    "routes[0].path",
    "routes[1].token_env",
    "routes[1].upstream",
    "routes[3].path",
    "routes[3].token_env",
  ]);
  assert(lines.includes("routes[0].auth_schema: unknown field; did you mean auth_scheme?"));
});

Deno.test("a secret that stands in the wrong place of a table is not printed", async () => {
  const cases: [fields: object, place: string][] = [
    [{ token: CANARY }, "routes[0].token"],
    [{ [CANARY]: 1 }, "routes[0]"],
    [{ token_env: CANARY }, "routes[0].token_env"],
    [{ token_env: `sk-${CANARY}` }, "routes[0].token_env"],
    [{ token_env: [CANARY] }, "routes[0].token_env"],
    [{ auth_scheme: `Bearer ${CANARY}` }, "routes[0].auth_scheme"],
    [{ auth_header: `Authorization: ${CANARY}` }, "routes[0].auth_header"],
    [{ auth_user: CANARY }, "routes[0].auth_user"],
    [{ auth_scheme: "Basic", auth_user: `me:${CANARY}` }, "routes[0].auth_user"],
    [{ upstream: `https://me:${CANARY}@api.test` }, "routes[0].upstream"],
    [{ upstream: `https://api.test/?key=${CANARY}` }, "routes[0].upstream"],
    [{ upstream: `https://api.test/#${CANARY}` }, "routes[0].upstream"],
    [{ upstream: CANARY }, "routes[0].upstream"],
    [{ set_headers: { Authorization: CANARY } }, "routes[0].set_headers.Authorization"],
    [{ set_headers: { "x-key": `${CANARY}\n` } }, 'routes[0].set_headers["x-key"]'],
    [{ set_headers: CANARY }, "routes[0].set_headers"],
    [{ add_headers: { "x-key": [CANARY] } }, 'routes[0].add_headers["x-key"]'],
    [{ cookies: CANARY }, "routes[0].cookies"],
    [{ scrub: CANARY }, "routes[0].scrub"],
    [{ path: `/${CANARY}` }, "routes[0].path"],
  ];
  for (const [fields, place] of cases) {
    const lines = await linesForTable(JSON.stringify({ routes: [{ ...ROUTE, ...fields }] }));
    assert(lines.every((line) => line.startsWith(place)), `${place}\n${lines.join("\n")}`);
  }
});

Deno.test("a wrong setting is reported under its variable", async () => {
  const cases: [variable: string, values: string[]][] = [
    ["CRED_PROXY_PORT", [
      "x",
      "-1",
      "65536",
      "080",
      "80x",
      " 80",
      "0x50",
      "8e3",
      "8.5",
      "tcp://10.0.0.1:80",
      CANARY,
    ]],
    ["CRED_PROXY_BIND", ["a b", "http://a", "127.0.0.1:80", "256.1.1.1", `${CANARY}@a`]],
    ["CRED_PROXY_LOG", ["xml", "JSON", CANARY]],
    ["CRED_PROXY_MAX_IN_FLIGHT", ["0", "x", "-5", "1.5"]],
    ["CRED_PROXY_DRAIN_S", ["x", "-1", "1e9", "999999"]],
    ["CRED_PROXY_ROUTES", ["/routes.json", "/a,b/routes.json", `/${CANARY},/x`]],
    ["CRED_PROXY_CA_FILE", ["/a,b/ca.pem"]],
    ["CRED_PROXY_ADMIN", ["9100", "127.0.0.1", `${CANARY}:x`, "http://a:1"]],
    ["HTTPS_PROXY", [`https://me:${CANARY}@proxy`, `http://me:${CANARY}/@proxy`, `socks5://${CANARY}`]],
    ["http_proxy", [`http://me:${CANARY}@proxy/path`, `http://me:${CANARY}%0a@proxy`]],
  ];
  for (const [variable, values] of cases) {
    for (const value of values) {
      const lines = await linesOf({ [variable]: value });
      assertEquals(lines.map((line) => line.split(": ")[0]), [variable], lines.join("\n"));
    }
  }
});

Deno.test("an invalid CA file is reported under the variable or its path", async () => {
  const cases: [content: string | undefined, line: RegExp][] = [
    [undefined, /ca\.pem: no such file$/],
    ["", /^CRED_PROXY_CA_FILE: contains no -----BEGIN CERTIFICATE-----/],
    [CANARY, /^CRED_PROXY_CA_FILE: contains no -----BEGIN CERTIFICATE-----/],
    [
      `-----BEGIN CERTIFICATE-----\n${CANARY}\n-----END CERTIFICATE-----\n`,
      /^CRED_PROXY_CA_FILE: .* damaged/,
    ],
    ["-----BEGIN CERTIFICATE-----\nMIIB\n", /^CRED_PROXY_CA_FILE: .* incomplete/],
    [
      `-----BEGIN PRIVATE KEY-----\n${CANARY}\n-----END PRIVATE KEY-----\n`,
      /^CRED_PROXY_CA_FILE: contains a private key/,
    ],
  ];
  const file = join(folder, "ca.pem");
  for (const [content, wanted] of cases) {
    if (content !== undefined) await Deno.writeTextFile(file, content);
    const lines = await linesOf({ CRED_PROXY_CA_FILE: file });
    assertEquals(lines.length, 1, lines.join("\n"));
    assertMatch(lines[0] ?? "", wanted);
  }
  assertMatch(
    (await linesOf({ CRED_PROXY_CA_FILE: join(folder, "a-folder") }))[0] ?? "",
    /: is a folder, not a file$/,
  );
});

Deno.test("the problems of settings, table and CA file are reported together", async () => {
  await Deno.writeTextFile(join(folder, "bad.json"), '{"routes": [{}]}');
  const lines = await linesOf({
    CRED_PROXY_ROUTES: join(folder, "bad.json"),
    CRED_PROXY_PORT: "x",
    CRED_PROXY_LOG: "xml",
    CRED_PROXY_CA_FILE: join(folder, "missing.pem"),
  });
  assertEquals(
    new Set(lines.map((line) => line.split(": ")[0])),
    new Set([
      "CRED_PROXY_PORT",
      "CRED_PROXY_LOG",
      "routes[0].path",
      "routes[0].upstream",
      "routes[0].auth_scheme",
      "routes[0].token_env",
      join(folder, "missing.pem"),
    ]),
  );
});

/** What a token must not contain, and what messages call it. */
const BAD_TOKENS: readonly (readonly [token: string, kind: string])[] = [
  [`${CANARY}\n`, "a line feed (LF)"],
  [`${CANARY}\r\nX-Evil: 1`, "a carriage return (CR)"],
  [`\n${CANARY}`, "a line feed (LF)"],
  [`${CANARY}\u20ac`, "a character beyond Latin-1"],
  [`\u{1f511}${CANARY}`, "a character beyond Latin-1"],
  [`${CANARY}\x01`, "a control character"],
  [`${CANARY}\x7f`, "a control character"],
  [`${CANARY} `, "whitespace"],
  [` ${CANARY}`, "whitespace"],
];

Deno.test("a token that a head can't carry stops the start under the right flags, and is not printed", async () => {
  for (const [token, kind] of BAD_TOKENS) {
    const started = await startService({
      routes: { routes: [ROUTE] },
      env: { A_TOKEN: token },
    }).then(async (service) => {
      await service[Symbol.asyncDispose]();
      return "It started";
    }, (error: Error) => error.message);
    assertMatch(started, /cred-proxy: A_TOKEN: \w+ .*\(the value is not shown\)/);
    assert(started.includes(kind), started);
    assert(!started.includes(CANARY), started);
  }
});

Deno.test("serve and check exit with 78 on a token that a head can't carry", async () => {
  const env = {
    CRED_PROXY_ROUTES: join(folder, "routes.json"),
    CRED_PROXY_PORT: "0",
    CRED_PROXY_BIND: "127.0.0.1",
  };
  const { stdout: flags } = await runMain(["permissions"], { env });
  for (const verb of ["serve", "check"]) {
    const outcome = await runMain([verb], {
      env: { ...env, A_TOKEN: `${CANARY}\n` },
      flags: flags.trim().split(" "),
    });
    assertEquals(outcome, {
      code: 78,
      stdout: "",
      stderr: "cred-proxy: A_TOKEN: contains a line feed (LF) at position 23 (the value is not shown)\n",
    });
  }
});

Deno.test("a bad token is reported though those of other routes are good, and bad ones all at once", async () => {
  const names = ["GOOD", "BAD", "WORSE"].map((name) => `${name}_TOKEN`);
  const routes = names.map((name) => ({ ...ROUTE, path: `/${name}/`, token_env: name }));
  const env = { GOOD_TOKEN: "good", BAD_TOKEN: `${CANARY}\n`, WORSE_TOKEN: `${CANARY}\r` };
  await Deno.writeTextFile(join(folder, "three.json"), JSON.stringify({ routes }));
  const lines = await linesOf({ ...env, CRED_PROXY_ROUTES: join(folder, "three.json") }, "check");
  assertEquals(lines.map((line) => line.split(":")[0]).toSorted(), ["BAD_TOKEN", "WORSE_TOKEN"]);
});

Deno.test("the service does not start with a token's file that is empty or too large, and names it", async () => {
  for (
    const [content, message] of [["\n", "is empty"], [
      "a".repeat(65_537),
      "is larger than 64 KiB, so it can't be a token",
    ]] as const
  ) {
    const failed = await startService({
      routes: { routes: [{ ...ROUTE, token_env: undefined, token_file: "gh" }] },
      files: { gh: content },
    })
      .then(() => "", String);
    assertEquals(failed.includes(`cred-proxy: gh: ${message}\n`), true, failed);
  }
});

Deno.test("an unset token does not stop the start, and is reported", async () => {
  await using service = await startService({ routes: { routes: [ROUTE] } });
  await service.logged(/^cred-proxy: A_TOKEN is unset or empty: \/a\/ responds with 500$/m);
  assertEquals((await request(service.port, "GET /a/x HTTP/1.1\r\nHost: x\r\n\r\n")).status, 500);
});

Deno.test("serve exits with 78 and one line if its address is not one of this machine", async () => {
  const env = {
    CRED_PROXY_ROUTES: join(folder, "routes.json"),
    // For documentation only: RFC 5737.
    CRED_PROXY_BIND: "192.0.2.1",
    CRED_PROXY_PORT: "9099",
    A_TOKEN: CANARY,
  };
  const { stdout: flags } = await runMain(["permissions"], { env });
  const { code, stdout, stderr } = await runMain(["serve"], { env, flags: flags.trim().split(" ") });
  assertEquals([code, stdout], [78, ""]);
  assertMatch(
    stderr,
    /^cred-proxy: can't listen on 192\.0\.2\.1:9099: .+; set CRED_PROXY_BIND to an address of this machine\n$/,
  );
});

Deno.test("serve exits with 78 and one line if its port is taken", async () => {
  await using taken = startUpstream(() => {});
  const env = {
    CRED_PROXY_ROUTES: join(folder, "routes.json"),
    CRED_PROXY_BIND: "127.0.0.1",
    CRED_PROXY_PORT: `${taken.port}`,
    A_TOKEN: CANARY,
  };
  const { stdout: flags } = await runMain(["permissions"], { env });
  const { code, stdout, stderr } = await runMain(["serve"], { env, flags: flags.trim().split(" ") });
  assertEquals([code, stdout], [78, ""]);
  assertMatch(
    stderr,
    new RegExp(
      `^cred-proxy: can't listen on 127\\.0\\.0\\.1:${taken.port}: .+; stop what listens there, or set CRED_PROXY_PORT to another port\\n$`,
    ),
  );
  assert(!stderr.includes(CANARY));
});
