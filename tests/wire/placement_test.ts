/**
 * Tokens in the query and in the path: what the upstream gets, and that neither a response nor a log shows it.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { TOKEN, useFixture } from "../support/fixture.ts";
import { derivedFlags, runMain } from "../support/run_main.ts";
import { startService } from "../support/service.ts";
import { startUpstream } from "../support/upstream.ts";
import { request } from "../support/wire.ts";

const BOT = "8213097645:AAH-eY2/wU7oGv+5Lp&0Tq";
const BOT_CODED = "8213097645:AAH-eY2%2FwU7oGv+5Lp&0Tq";

const fixture = useFixture({
  routes: (upstream) => [
    { path: "/query/", upstream: `${upstream}/v1`, auth_scheme: "", auth_query: "key" },
    { path: "/path/", upstream: `${upstream}/bot{token}`, auth_scheme: "", token_env: "BOT_TOKEN" },
    { path: "/file/", upstream: `${upstream}/file/bot{token}/x`, auth_scheme: "", token_env: "BOT_TOKEN" },
    { path: "/unset/", upstream: `${upstream}/bot{token}`, auth_scheme: "", token_env: "UNSET_TOKEN" },
  ],
  env: { BOT_TOKEN: BOT, CRED_PROXY_LOG: "json", CRED_PROXY_DEBUG: "1" },
});

/** Makes a folder whose name does not look like a key, as a temporary folder's does. */
async function makeFolder(): Promise<string> {
  const folder = `/tmp/cred-proxy-${crypto.randomUUID().slice(0, 8)}`;
  await Deno.mkdir(folder);
  return folder;
}

function get(target: string, fields = ""): string {
  return `GET ${target} HTTP/1.1\r\nHost: proxy\r\n${fields}Connection: close\r\n\r\n`;
}

Deno.test("the token is the first parameter, and the client's own of that name is dropped in any spelling", async () => {
  const cases: [target: string, reached: string][] = [
    ["/query/x", `/v1/x?key=${TOKEN}`],
    ["/query/x?", `/v1/x?key=${TOKEN}`],
    ["/query/x?a=b%20c&d", `/v1/x?key=${TOKEN}&a=b%20c&d`],
    ["/query/x?key=mine", `/v1/x?key=${TOKEN}`],
    ["/query/x?a&KEY=1&%6bey=2&key[]=3;k%65y&b", `/v1/x?key=${TOKEN}&a&b`],
    ["/query/x?keys=1&a=key=2", `/v1/x?key=${TOKEN}&keys=1&a=key=2`],
  ];
  for (const [target, reached] of cases) {
    const { seen } = await fixture.ask(get(target));
    assertEquals(seen?.target, reached);
    assertEquals(seen?.fields.filter(([name]) => name.toLowerCase() === "authorization"), []);
  }
});

Deno.test("the token is in the upstream's path, encoded, and what the client sends follows it byte for byte", async () => {
  const cases: [target: string, reached: string][] = [
    ["/path/getMe", `/bot${BOT_CODED}/getMe`],
    ["/path", `/bot${BOT_CODED}/`],
    ["/path/{token}?a={token}", `/bot${BOT_CODED}/{token}?a={token}`],
    ["/file/a%2Fb?c", `/file/bot${BOT_CODED}/x/a%2Fb?c`],
  ];
  for (const [target, reached] of cases) {
    const { seen } = await fixture.ask(get(target, "Authorization: Bearer mine\r\n"));
    assertEquals(seen?.target, reached);
    assertEquals(seen?.fields.filter(([name]) => name.toLowerCase() === "authorization"), []);
  }
});

Deno.test("no field and no content of a response shows a token of the target", async () => {
  for (const [prefix, secret] of [["/query/", TOKEN], ["/path/", BOT], ["/file/", BOT]] as const) {
    const { response, seen } = await fixture.ask(get(`${prefix}x?page=1`), (exchange) => {
      const { target } = exchange;
      const origin = `http://${exchange.fields.find(([name]) => name.toLowerCase() === "host")?.[1]}`;
      return exchange.respond(302, [
        ["Location", `${origin}${target}&to=1`],
        ["Content-Location", target],
        ["Link", `<${origin}${target}&page=2>; rel="next", <https://other.test${target}>; rel=other`],
        ["X-Target", target],
        ["X-Token", secret],
      ], `no such page: ${target}, ${secret}`);
    });
    assert(seen?.target.includes(prefix === "/query/" ? TOKEN : BOT_CODED));
    const text = JSON.stringify(response);
    for (const each of [secret, encodeURIComponent(secret), BOT_CODED]) assert(!text.includes(each), text);
    const field = (name: string) => response.fields.find(([each]) => each.toLowerCase() === name)?.[1];
    const url = `http://proxy${prefix}x?page=1`;
    assertEquals(field("location"), `${url}&to=1`);
    assertEquals(field("content-location"), `${prefix}x?page=1`);
    assert(field("link")?.startsWith(`<${url}&page=2>; rel="next", <https://other.test`));
  }
});

Deno.test("a failing upstream, an unset token and the logs show no token of the target", async () => {
  for (const [target, status] of [["/query/x", 502], ["/path/x", 502], ["/unset/x", 500]] as const) {
    const { response } = await fixture.ask(get(target), (exchange) => exchange.write("nonsense\r\n\r\n"));
    assertEquals(response.status, status);
    for (const each of [TOKEN, BOT, BOT_CODED]) assert(!JSON.stringify(response).includes(each));
  }
  await fixture.service.printed(/"path":"\/unset\/x"/);
  const logs = fixture.service.stdout() + fixture.service.stderr();
  assert(logs.includes("/path/x"), logs);
  for (const each of [TOKEN, BOT, BOT_CODED, encodeURIComponent(BOT)]) assert(!logs.includes(each), each);
});

Deno.test("check shows the placeholder instead of the token", async () => {
  const upstream = "https://api.test/bot{token}";
  const folder = await Deno.makeTempDir();
  try {
    const file = join(folder, "routes.json");
    await Deno.writeTextFile(
      file,
      JSON.stringify({ routes: [{ path: "/tg/", upstream, token_env: "BOT_TOKEN" }] }),
    );
    const { stdout, code } = await runMain(["check"], { env: { CRED_PROXY_ROUTES: file, BOT_TOKEN: BOT } });
    assertEquals([code, stdout], [0, `${file}: 1 route(s)\n  /tg/ → ${upstream}, BOT_TOKEN set\n`]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a token in a folder of its own is read under the derived flags, and replaced while the service runs", async () => {
  await using upstream = startUpstream((exchange) => exchange.respond(200, [], "ok"));
  const secrets = await makeFolder();
  try {
    const file = join(secrets, "token");
    await Deno.writeTextFile(file, "first-token\n");
    await using service = await startService({
      routes: { routes: [{ path: "/a/", upstream: upstream.url, auth_scheme: "Bearer", token_file: file }] },
    });
    assertEquals(
      service.flags.find((flag) => flag.startsWith("--allow-read")),
      `--allow-read=${service.folder},${secrets}`,
    );
    await request(service.port, get("/a/x"));
    await Deno.writeTextFile(`${file}.new`, "second-token\n");
    await Deno.rename(`${file}.new`, file);
    await service.logged(/token: new token loaded/);
    await request(service.port, get("/a/x"));
    assertEquals(
      upstream.requests.map(({ fields }) => fields.find(([name]) => name === "Authorization")?.[1]),
      ["Bearer first-token", "Bearer second-token"],
    );
  } finally {
    await Deno.remove(secrets, { recursive: true });
  }
});

Deno.test("a reload that needs a token's folder that was not granted is rejected", async () => {
  const secrets = await makeFolder();
  const route = { path: "/a/", upstream: "http://127.0.0.1:9", auth_scheme: "Bearer" };
  try {
    await using service = await startService({
      routes: { routes: [{ ...route, token_env: "A_TOKEN" }] },
      env: { A_TOKEN: TOKEN },
    });
    const table = JSON.stringify({ routes: [{ ...route, token_file: join(secrets, "token") }] });
    await Deno.writeTextFile(join(service.folder, "routes.json"), table);
    await service.logged(new RegExp(`--allow-read: is missing ${secrets}; restart the service to grant it`));
    const flags = await derivedFlags({ ...service.env, CRED_PROXY_PORT: "0" });
    assert(flags.includes(`--allow-read=${service.folder},${secrets}`), flags.join(" "));
  } finally {
    await Deno.remove(secrets, { recursive: true });
  }
});
