/**
 * The schema of the table against the parser: both accept and reject the same tables, as far as a schema can express it.
 *
 * @module
 */

import { Ajv, type ValidateFunction } from "ajv";
import { assert, assertEquals } from "@std/assert";
import { type Problem, type ProblemCode, problemsOf } from "../../lib/core/result.ts";
import { parseRoutes } from "../../lib/config/route/route_table.ts";
import schema from "../../routes.schema.json" with { type: "json" };
import { fc, runs } from "../support/property.ts";

const valid: ValidateFunction = new Ajv({ allErrors: true }).compile(schema);

/** What a schema can't express: relations between two fields. */
const BEYOND: readonly ProblemCode[] = [
  "duplicate_route",
  "duplicate_member",
  "duplicate_header",
  "conflict",
  "invalid_json",
  "duplicate_client",
  "duplicate_issuer",
  "unknown_route",
  "unknown_issuer",
  "requires_issuer",
  "unneeded_issuer",
];

/** Hosts whose syntax no pattern of a reasonable length can express: RFC 4291, section 2.2, and RFC 5891. */
const HARD_HOST = /\[|xn--/i;

/** Asserts that the two agree on a table. */
function agree(text: string): void {
  const result = parseRoutes(text);
  const isBeyond = ({ code }: Problem) =>
    BEYOND.includes(code) || (code === "invalid_host" && HARD_HOST.test(text));
  if (!result.ok && result.problems.every(isBeyond)) return;
  const problems = problemsOf(result);
  assertEquals(
    valid(JSON.parse(text)),
    result.ok,
    `${text}\nparser: ${JSON.stringify(problems)}\nschema: ${JSON.stringify(valid.errors)}`,
  );
}

const LEAST = { path: "/a/", upstream: "https://a.example", auth_scheme: "Bearer", token_env: "A_TOKEN" };

const KEY = "ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8";
const KINDS: readonly unknown[] = [
  null,
  1,
  true,
  "",
  [],
  {},
  ["x"],
  { x: "y" },
  KEY,
  "a b",
  "\u00e9",
  "\n",
  "a\n",
];
const HEADERS: readonly unknown[] = [
  { "x-a": "1", "X-B": "" },
  { "x-a": " 1" },
  { "x-a": "1\t" },
  { "x-a": "a\tb \u00e9\u0080" },
  { "x-a": "\u03a9" },
  { "x-a": "a\r\nb" },
  { "x-a": 1 },
  { "a b": "1" },
  { "": "1" },
  ...[
    "Host",
    "TE",
    "Cookie",
    "set-COOKIE",
    "Authorization",
    "X-Api-Key",
    "Keep-Alive",
    "content-length",
    "Sec-WebSocket-Key",
  ].map(
    (name) => ({
      [name]: "1",
    }),
  ),
];
const NAMES = [
  ..."A _a Gh_Token2 2A A-B $A CRED_PROXY_X cred_proxy_x HTTPS_PROXY no_proxy noproxy http_proxy_ A_0123456789abcdef"
    .split(" "),
  "A".repeat(32),
  "A".repeat(33),
  "A_".repeat(32),
  "A_".repeat(33),
];

/** Returns an object with each of some changes made to it, one at a time; undefined removes a member. */
function changed(base: object, changes: Readonly<Record<string, readonly unknown[]>>): readonly object[] {
  return [
    base,
    ...Object.entries(changes).flatMap(([name, values]) =>
      [...values, undefined].map((value) => ({ ...base, [name]: value }))
    ),
  ];
}

const TEXTS = ["a", "a b", " a", "a ", "", "\u00e9", "a\nb", "a".repeat(1024), "a".repeat(1025), 1];

const OAUTH2_CHANGES = {
  token_url: ["https://a.example/", "http://a/x//y", "https://a/token?x", "a", 1],
  grant: ["client_credentials", "refresh_token", "jwt_bearer", "token_exchange", "password", 1],
  client_id: TEXTS,
  client_secret_env: ["A", "CRED_PROXY_A"],
  client_secret_file: ["a", "../a"],
  client_auth: ["basic", "body", "none"],
  client_assertion_file: ["a"],
  refresh_token_env: ["A"],
  refresh_token_file: ["a"],
  subject_token_file: ["a"],
  private_key_env: ["A"],
  private_key_file: ["a"],
  key_id: TEXTS,
  subject: TEXTS,
  scope: TEXTS,
  audience: TEXTS,
  parameters: [{}, { a: "b" }, { grant_type: "x" }, { "a b": "c" }, { a: 1 }, { a: "" }, []],
  body_format: ["form", "json", "xml"],
  colour: ["x"],
};
const ISSUER = { token_url: "https://a.example/token", client_id: "c" };
const OAUTH2 = [
  { ...ISSUER, grant: "client_credentials", client_secret_env: "A" },
  { ...ISSUER, grant: "client_credentials", client_assertion_file: "a" },
  { ...ISSUER, grant: "refresh_token", refresh_token_file: "a" },
  { ...ISSUER, grant: "jwt_bearer", subject_token_file: "a" },
  { ...ISSUER, grant: "jwt_bearer", private_key_env: "A", subject: "s" },
  { ...ISSUER, grant: "token_exchange", subject_token_file: "a" },
].flatMap((base) => changed(base, OAUTH2_CHANGES));

const AWS_CHANGES = {
  region: ["us-east-1", "auto", "US", "a_b", "", "a".repeat(33), 1],
  service: ["bedrock", "S3", "a b", 1],
  access_key_id_env: ["A", "CRED_PROXY_A", "AKIAIOSFODNN7EXAMPLE"],
  access_key_id_file: ["a", "../a"],
  secret_access_key_env: ["A"],
  secret_access_key_file: ["a"],
  session_token_env: ["A"],
  session_token_file: ["a"],
  role_arn: [
    "arn:aws:iam::123456789012:role/a/b",
    "arn:aws-us-gov:iam::123456789012:role/a+b",
    "arn:aws:iam::12345678901:role/a",
    "arn:aws:iam::123456789012:user/a",
    1,
  ],
  web_identity_token_file: ["a", "/var/run/secrets/a/token"],
  role_session_name: ["agent-1", "a", "a b", 1],
  sts_endpoint: ["https://sts.example", "ftp://a", "https://a/?b"],
  colour: ["x"],
};
const AWS = [
  { region: "us-east-1", service: "s3", access_key_id_env: "A", secret_access_key_env: "B" },
  {
    region: "us-east-1",
    service: "s3",
    access_key_id_file: "a",
    secret_access_key_file: "b",
    session_token_file: "c",
  },
  {
    region: "us-east-1",
    service: "bedrock",
    role_arn: "arn:aws:iam::123456789012:role/a",
    web_identity_token_file: "a",
  },
].flatMap((base) => changed(base, AWS_CHANGES));

const NUMBERS = [
  1,
  0,
  -1,
  1.5,
  1e3,
  999_999_999_999_999,
  1e15,
  "1",
  "01",
  "1a",
  "9".repeat(15),
  "9".repeat(16),
  null,
];
const GITHUB_APP = changed({ app_id: 1, installation_id: "2", private_key_env: "A" }, {
  app_id: [...NUMBERS, "Iv1.0a", "Iv23liABC", "Iv"],
  installation_id: [...NUMBERS, "Iv1.0a"],
  private_key_env: ["a-b"],
  private_key_file: ["a"],
  repositories: [["a"], ["a/b"], [], ["a", "a"], [1], "a"],
  permissions: [{}, { contents: "read" }, { contents: "all" }, { Contents: "read" }, { a: 1 }, []],
  api: ["https://ghe.example/api/v3", "ghe"],
  colour: ["x"],
});
const REGISTRY = [
  { token_url: "https://r/token", service: "r", user: "me", password_env: "A" },
  { token_url: "https://r/token", service: "r.example", user: "", password_file: "/run/secrets/a" },
  { token_url: "https://r/token", service: " r", user: "a:b", password_env: "A", password_file: "a" },
  { token_url: "https://r/token", service: "", user: "me" },
  { token_url: "https://r/token", service: "r", password_env: "A" },
  { password_env: "A" },
  {},
  { token_url: "https://r/token", service: "r", user: "me", password_env: "A", scope: "x" },
];

const SERVICE_ACCOUNT = changed({ key_file: "a", scopes: ["https://a.example/auth/x"] }, {
  key_file: ["/a"],
  key_env: ["A"],
  scopes: [["a", "b"], ["a b"], [], ["a", "a"], ['a"'], "a"],
  audience: TEXTS,
  subject: TEXTS,
  token_url: ["https://a.example/token", "x"],
  colour: ["x"],
});
const LIMITS: readonly unknown[] = [0, -1, 1, 1.5, 9_999_999, 10_000_000, "1"];

/** Values of each field, good and bad. */
const VALUES: Readonly<Record<string, readonly unknown[]>> = {
  path: [
    "/",
    "/a/b/",
    "/..a/",
    "a/",
    "/a",
    "//",
    "/a//b/",
    "/./",
    "/../",
    "/a/../b/",
    "/%61/",
    "/a?/",
    "/a#/",
    "/a:b@c;d/",
    "/a|/",
  ],
  host: [
    ..."api.github.com API.GitHub.com a 10.0.0.1 a.example:443 [::1] a. .a a..b -a 127.1 256.1.1.1 0x7f a/b http://a *.a a_b"
      .split(" "),
    "a".repeat(64),
    `${"a.".repeat(126)}a`,
    `${"a.".repeat(126)}ab`,
  ],
  upstream: [
    ..."http://a HTTPS://API.Example.COM/ https://a.example:443/base/ http://10.0.0.1:8080 http://[::1]:8080 http://a:65535/v1/x.y~"
      .split(" "),
    ..."http://under_score.svc https://a.example//x https://a/../b https://a/. https://a/b/.. https://a/%2e https://a/?q https://a#f"
      .split(" "),
    ..."https://u@a https://u:p@a https://a: https://a:0 https://a:65536 https://a:080 https://a:x https://a:1:2 ftp://a //a"
      .split(" "),
    ..."https://127.1 https://256.1.1.1 https://0x7f.0.0.1 https://2130706433 https://1.2.3.4. https://a. https://.a https://a..b"
      .split(" "),
    ..."https://-a https://a%2eb https://*.a https:// https:/// https://a\\b https://1.2.3.0x4 https://a.0 https://0x"
      .split(" "),
    `https://${"a".repeat(64)}.example`,
    `https://${"a.".repeat(126)}a`,
    `https://${"a.".repeat(126)}ab`,
    ..."https://a/bot{token} https://a/{token}/b https://a/b/x{token}y/c/ https://a/{token}{token} https://a/{token}/{token}"
      .split(" "),
    ..."https://{token} https://a/{token https://a/{Token} https://a/{} https://a/{token}/../b https://a/.{token} https://a//{token}"
      .split(" "),
  ],
  auth_scheme: [
    "token",
    "basic",
    "AWS4-HMAC-SHA256",
    "ApiKey-v1",
    "Bearer ",
    "a:",
    "sk-ant-api03-hunter2hunter2hunter2",
  ],
  token_env: NAMES,
  token_file: [
    "gh",
    "..data/gh",
    "a/b.c",
    "/etc/x",
    "/run/secrets/a/gh",
    "/x",
    "/",
    "//x/y",
    "/a/../x",
    "/a/.",
    "../x",
    "a/../b",
    "a//b",
    ".",
    "..",
    "...",
    "a/",
    "a".repeat(32),
    "a".repeat(33),
    "ab.".repeat(21),
  ],
  token_from: [
    ...OAUTH2.map((oauth2) => ({ oauth2 })),
    ...GITHUB_APP.map((github_app) => ({ github_app })),
    ...SERVICE_ACCOUNT.map((google_service_account) => ({ google_service_account })),
    ...REGISTRY.map((registry) => ({ registry })),
    { oauth2: OAUTH2[0], github_app: GITHUB_APP[0] },
    { registry: REGISTRY[0], github_app: GITHUB_APP[0] },
    { github_app: GITHUB_APP[0], google_service_account: SERVICE_ACCOUNT[0] },
    { aws: {} },
  ],
  sign_with: [...AWS.map((aws_sigv4) => ({ aws_sigv4 })), { aws_sigv4: AWS[0], a: 1 }, { hmac: {} }],
  anonymous: [true],
  sign_body_limit_mb: [0, 0.5, 32, 1024, 1025, "32"],
  auth_header: [
    "X-Api-Key",
    "a:",
    "Host",
    "sec-WebSocket-protocol",
    "TE",
    "content-length",
    "Connection",
    "proxy-authorization",
    "Cookie",
  ],
  auth_query: [
    "key",
    "access_token",
    "api.key~",
    "._~-",
    "-a",
    "a&b",
    "a=b",
    "a%20b",
    "a[]",
    "a".repeat(32),
    "a".repeat(33),
    "ab.".repeat(22),
  ],
  auth_user: ["x-access-token", "a:b", "~ ", "\u007f"],
  set_headers: HEADERS,
  add_headers: HEADERS,
  drop_headers: [
    ...[
      "X-Team",
      "authorization",
      "Cookie",
      "TE",
      "Host",
      "sec-WebSocket-protocol",
      "content-length",
      "Transfer-Encoding",
      "a b",
      "",
      "x:",
    ],
    "a".repeat(33),
    KEY,
  ].map((name) => [name]),
  keep_headers: [
    ...[
      "X-Auth-Token",
      "x_auth_token",
      "Authorization",
      "X-Api-Key",
      "api-KEY",
      "Cookie",
      "cookies",
      "TE",
      "Host",
      "sec-WebSocket-protocol",
      "a b",
    ],
    KEY,
  ].map((name) => [name]),
  drop_query: [
    "token",
    "X-Token",
    "a.b",
    "$key",
    "_a",
    "a_",
    "a b",
    "a[]",
    "",
    "%61",
    "a=b",
    "\u00e9",
    "a".repeat(33),
    KEY,
  ]
    .map((name) => [name]),
  keep_query: ["key", "API_KEY", "other", "a_", "", KEY].map((name) => [name]),
  methods: [
    ["GET"],
    ["GET", "POST"],
    ["GET", "GET"],
    ["get"],
    ["M-SEARCH"],
    ["A-"],
    ["-A"],
    [""],
    ["TRACE"],
    ["TRACES"],
    ["CONNECT"],
    [1],
    ["GET\n"],
  ],
  paths: [
    ...["user", "**", "*/x", "@a%2f*", "a?b=c", "a?b//c", "a?b/../c", "a..b", "..a", "a//b?c", "a/..?b"],
    ...[
      "/x",
      "a//b",
      "***",
      "a***?",
      "../x",
      "x/..",
      "x/%2f..",
      "x%2F.",
      ".",
      "a?",
      "a?*",
      "a?b#",
      "a#b",
      "%75",
      "a;b",
      "a?\u00e9",
    ],
  ].map((pattern) => [pattern]),
  browsers: [true],
  requests_per_minute: LIMITS,
  max_in_flight: LIMITS,
  cookies: [false],
  scrub: [false],
  websocket: [false],
  websocket_ping_s: [0, 0.5, 86_401],
  connect_timeout_s: [0, -1, 0.001, 86_400, 86_401, "1", 1e300],
  response_timeout_s: [0, 86_400.5],
  colour: ["x"],
};

Deno.test("the schema knows the fields that the parser knows", () => {
  assertEquals(
    Object.keys(schema.definitions.route.properties).toSorted(),
    Object.keys(VALUES).filter((name) => name !== "colour").toSorted(),
  );
});

const HASH = "0123456789abcdefABCDEF0123456789abcdefABCDEF0123456789abcdef0123";

/** Values of each field of a client. */
const CLIENT_VALUES: Readonly<Record<string, readonly unknown[]>> = {
  name: [
    ..."a A9 -a a- a.b_c@d-e a/b agent-0123456789abcdef agent-0123456789abcde a..b"
      .split(" "),
    "a".repeat(32),
    "a".repeat(33),
    "ab.".repeat(21) + "a",
    "ab.".repeat(21) + "ab",
  ],
  token_sha256: [
    HASH,
    HASH.slice(1),
    `${HASH}0`,
    HASH.replace("0", "g"),
    [HASH],
    [HASH, HASH],
    [HASH, 1],
    ["x"],
  ],
  token_env: NAMES,
  token_file: ["a/b", "../x", "/etc/x"],
  subject: [
    "a:b:*",
    "*",
    "*:*",
    "**a",
    "a**",
    "a b",
    "*a",
    "a".repeat(256),
    "a".repeat(257),
  ],
  issuer: ["https://a.example", "", "a b", "a".repeat(257)],
  routes: [
    "*",
    "/a/",
    ["/a/"],
    ["/a/", "/a/"],
    ["/b/"],
    [1],
    { "/a/": {} },
    { "/a/": 1 },
    { "/b/": {} },
    {
      "/a/": { methods: ["GET"], paths: ["x"], token_env: "B_TOKEN" },
    },
    { "/a/": { methods: ["get"] } },
    { "/a/": { token_env: "B_TOKEN", token_file: "x" } },
    {
      "/a/": { colour: 1 },
    },
  ],
  expires: [
    ..."2027-01-31T18:00:00Z 2027-01-31T18:00:00.5+02:00 2027-01-31 2027-13-31T18:00:00Z 2027-01-31T24:00:00Z"
      .split(" "),
    ..."2027-01-31T18:00:00 2027-01-31t18:00:00z 2027-01-32T00:00:00Z 2027-01-31T18:00:00+24:00"
      .split(" "),
  ],
  requests_per_minute: LIMITS,
  max_in_flight: LIMITS,
  colour: ["x"],
};

const ISSUER_VALUES: Readonly<Record<string, readonly unknown[]>> = {
  issuer: ["https://a.example", "", "a b", "a".repeat(257)],
  audience: ["cred-proxy", "", "a b"],
  jwks_file: ["jwks.json", "../x", "/etc/x"],
  jwks_url: [
    "https://a.example/keys",
    "http://a.example/keys",
    "https://a.example/?q",
    "HTTPS://a",
  ],
  colour: ["x"],
};

Deno.test("the schema knows the fields of clients and issuers that the parser knows", () => {
  for (
    const [name, values] of [["client", CLIENT_VALUES], [
      "issuer",
      ISSUER_VALUES,
    ]] as const
  ) {
    assertEquals(
      Object.keys(schema.definitions[name].properties).toSorted(),
      Object.keys(values).filter((each) => each !== "colour").toSorted(),
    );
  }
});

Deno.test("the schema and the parser agree on clients and issuers", () => {
  const client = { name: "coder", token_sha256: HASH, routes: ["/a/"] };
  const { token_sha256: _hash, ...proofless } = client;
  const withSubject = { ...proofless, subject: "a" };
  const issuer = {
    issuer: "https://i.example",
    audience: "x",
    jwks_file: "jwks.json",
  };
  const { jwks_file: _file, ...keyless } = issuer;
  for (const [field, values] of Object.entries(CLIENT_VALUES)) {
    for (const value of [...values, ...KINDS]) {
      for (const base of [client, proofless, withSubject]) {
        agree(
          JSON.stringify({
            clients: [{ ...base, [field]: value }],
            issuers: [issuer],
            routes: [LEAST],
          }),
        );
      }
      agree(
        JSON.stringify({
          clients: [{ ...client, [field]: value }],
          routes: [LEAST],
        }),
      );
    }
  }
  for (const [field, values] of Object.entries(ISSUER_VALUES)) {
    for (const value of [...values, ...KINDS]) {
      for (const base of [issuer, keyless]) {
        agree(
          JSON.stringify({
            clients: [withSubject],
            issuers: [{ ...base, [field]: value }],
            routes: [LEAST],
          }),
        );
      }
    }
  }
  for (const value of KINDS) {
    agree(JSON.stringify({ clients: value, routes: [LEAST] }));
    agree(
      JSON.stringify({ clients: [client], issuers: value, routes: [LEAST] }),
    );
  }
  agree(
    JSON.stringify({
      clients: [client],
      client_token_env: "C_TOKEN",
      routes: [LEAST],
    }),
  );
});

Deno.test("the schema and the parser agree on each value of each field", () => {
  for (const [field, values] of Object.entries(VALUES)) {
    for (const value of [...values, ...KINDS]) {
      agree(JSON.stringify({ routes: [{ ...LEAST, [field]: value }] }));
      const { token_env: _env, ...tokenless } = LEAST;
      const { path: _path, ...pathless } = LEAST;
      agree(JSON.stringify({ routes: [{ ...pathless, [field]: value }] }));
      agree(JSON.stringify({ routes: [{ ...tokenless, auth_scheme: "Basic", [field]: value }] }));
    }
  }
  for (const value of [...NAMES, ...KINDS]) {
    agree(JSON.stringify({ client_token_env: value, routes: [LEAST] }));
  }
  for (const value of KINDS) {
    agree(JSON.stringify({ $schema: value, routes: [LEAST] }));
    agree(JSON.stringify({ routes: value }));
    agree(JSON.stringify({ routes: [value] }));
    agree(JSON.stringify(value));
  }
});

Deno.test("the schema and the parser agree on routes that send no field", () => {
  const { auth_scheme: _scheme, ...unplaced } = LEAST;
  for (const value of VALUES.auth_query ?? []) {
    agree(JSON.stringify({ routes: [{ ...unplaced, auth_query: value }] }));
  }
  for (const value of VALUES.upstream ?? []) {
    agree(JSON.stringify({ routes: [{ ...unplaced, upstream: value }] }));
  }
  const { token_env: _env, ...signed } = unplaced;
  for (const value of [...VALUES.sign_with ?? [], ...KINDS]) {
    agree(JSON.stringify({ routes: [{ ...signed, sign_with: value }] }));
    agree(JSON.stringify({ routes: [{ ...signed, auth_scheme: "", sign_with: value, token_file: "a" }] }));
  }
  for (const value of [true, ...KINDS]) {
    agree(JSON.stringify({ routes: [{ ...signed, anonymous: value }] }));
    agree(JSON.stringify({ routes: [{ ...signed, auth_scheme: "", anonymous: value, token_file: "a" }] }));
  }
  for (const value of [...VALUES.sign_body_limit_mb ?? [], ...KINDS]) {
    agree(
      JSON.stringify({
        routes: [{ ...signed, sign_with: { aws_sigv4: AWS[0] }, sign_body_limit_mb: value }],
      }),
    );
  }
});

Deno.test("the schema and the parser agree on tables of any fields", () => {
  const fields = Object.fromEntries(
    Object.entries(VALUES).map((
      [name, values],
    ) => [name, fc.constantFrom(...values, (LEAST as Record<string, unknown>)[name] ?? values[0])]),
  );
  const route = fc.record(fields, { requiredKeys: [] }).chain((some) =>
    fc.boolean().map((least) => least ? { ...LEAST, ...some } : some)
  );
  fc.assert(
    fc.property(fc.array(route, { maxLength: 2 }), (routes) => agree(JSON.stringify({ routes }))),
    runs(3000),
  );
});

Deno.test("the schema and the parser agree on any text in a field", () => {
  const texts = Object.entries(VALUES).flatMap(([name, values]) =>
    values.flatMap((value) =>
      typeof value === "string"
        ? [{ name, value, list: false }]
        : Array.isArray(value) && typeof value[0] === "string"
        ? [{ name, value: value[0], list: true }]
        : []
    )
  );
  const piece = fc.oneof(
    fc.string({ maxLength: 3 }),
    fc.constantFrom("/", ".", "..", "%2f", "*", "?", ":", "//", "-", "_", "[", "]", "0"),
  );
  // A known text, with something put in at some place.
  const changed = fc.tuple(fc.constantFrom(...texts), fc.nat(40), piece).map(
    ([{ name, value, list }, at, more]) => {
      const text = value.slice(0, at) + more + value.slice(at);
      return {
        ...LEAST,
        ...(name === "token_file" ? { token_env: undefined } : name === "host" ? { path: undefined } : {}),
        [name]: list ? [text] : text,
      };
    },
  );
  fc.assert(fc.property(changed, (route) => agree(JSON.stringify({ routes: [route] }))), runs(5000));
});

Deno.test("the schema and the parser agree on the bad tables and on the documents' examples", async () => {
  const folder = new URL("../testdata/bad_tables/", import.meta.url);
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith(".json")) agree(await Deno.readTextFile(new URL(name, folder)));
  }
  for (const file of ["../../docs/CREDENTIALS.md", "../../docs/ROUTES.md"]) {
    const text = await Deno.readTextFile(new URL(file, import.meta.url));
    const tables = [...text.matchAll(/^```json\n(.*?)^```$/gms)].map(([, block]) => block ?? "").filter((
      block,
    ) => block.includes('"routes"'));
    assert(tables.length > 0);
    for (const table of tables) assertEquals([valid(JSON.parse(table)), valid.errors], [true, null]);
  }
});
