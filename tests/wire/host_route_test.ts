/**
 * Routes by host, and the Unix socket for clients that can't be given a URL.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { parseRoutes } from "../../lib/config/route/route_table.ts";
import { valueOf } from "../support/result.ts";
import { type Service, startService } from "../support/service.ts";
import { TOKEN } from "../support/fixture.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { request } from "../support/wire.ts";
import { within } from "../support/within.ts";

const OTHER = "real-hJ2Tq8vXbN5zR1wK";

function tableFor(upstream: Upstream) {
  const rest = { upstream: `${upstream.url}/base`, auth_scheme: "token" };
  return {
    routes: [
      { ...rest, path: "/", token_env: "A_TOKEN" },
      { ...rest, host: "api.github.com", token_env: "B_TOKEN", paths: ["user", "repos/**"] },
    ],
  };
}

/** Sends text to a socket and returns all bytes until the peer closes. */
async function askSocket(path: string, text: string): Promise<string> {
  using connection = await Deno.connect({ transport: "unix", path });
  await connection.write(new TextEncoder().encode(text));
  return await within(new Response(connection.readable).text(), "The socket's reply");
}

Deno.test("parseRoutes() puts routes by host first, with the root as their prefix", () => {
  const least = { upstream: "https://a.example", auth_scheme: "", token_env: "A" };
  const { routes } = valueOf(parseRoutes(JSON.stringify({
    routes: [{ ...least, path: "/longest/" }, { ...least, host: "B.example" }, { ...least, path: "/" }, {
      ...least,
      host: "a.example",
    }],
  })));
  assertEquals(routes.map(({ host, path }) => [host, path]), [
    ["b.example", "/"],
    ["a.example", "/"],
    [undefined, "/longest/"],
    [undefined, "/"],
  ]);
});

Deno.test("a request for a route's host goes there, whatever its path; any other goes by its path", async () => {
  await using upstream = startUpstream((exchange) =>
    exchange.respond(302, { Location: `${upstream.url}/base/repos/new` }, "ok")
  );
  await using service = await startService({
    routes: tableFor(upstream),
    env: { A_TOKEN: TOKEN, B_TOKEN: OTHER },
  });
  const ask = (host: string, target: string) =>
    request(service.port, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: token mine\r\n\r\n`);
  const found = await ask("api.github.com", "/repos/x?y");
  assertEquals([found.status, found.field("location")], [302, "http://api.github.com/repos/new"]);
  await ask("API.github.com:80", "/user");
  await ask("api.github.com", "http://api.github.com/user");
  await ask("cred-proxy:9099", "/user");
  assertEquals((await ask("api.github.com", "/secrets")).status, 403);
  assertEquals(
    upstream.requests.map((each) => [each.target, each.field("authorization"), each.field("host")]),
    [
      ["/base/repos/x?y", `token ${OTHER}`, new URL(upstream.url).host],
      ["/base/user", `token ${OTHER}`, new URL(upstream.url).host],
      ["/base/user", `token ${OTHER}`, new URL(upstream.url).host],
      ["/base/user", `token ${TOKEN}`, new URL(upstream.url).host],
    ],
  );
});

/** A service with a socket in its own folder. */
async function withSocket(
  run: (service: Service, upstream: Upstream, path: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "agent.sock");
  // The socket that a killed process leaves.
  Deno.listen({ transport: "unix", path });
  try {
    await using upstream = startUpstream((exchange) => exchange.respond(200, [], "ok"));
    await using service = await startService({
      routes: tableFor(upstream),
      env: { A_TOKEN: TOKEN, B_TOKEN: OTHER, CRED_PROXY_SOCKET: path, CRED_PROXY_DEBUG: "1" },
    });
    await run(service, upstream, path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the Unix socket serves as the address does, under flags that name it", async () => {
  await withSocket(async (service, upstream, path) => {
    assert(service.flags.includes(`--allow-write=${path}`), service.flags.join(" "));
    await service.logged(new RegExp(`^cred-proxy: listening on ${path} as well$`, "m"));
    assertEquals((await Deno.stat(path)).mode! & 0o777, 0o666);
    const end = "Connection: close\r\n\r\n";
    const response = await askSocket(path, `GET /user?x=%2F HTTP/1.1\r\nHost: api.github.com\r\n${end}`);
    assert(response.startsWith("HTTP/1.1 200 OK\r\n") && response.endsWith("ok"), response);
    assert(
      (await askSocket(path, `GET /x HTTP/1.1\r\nHost: localhost\r\n${end}`)).startsWith("HTTP/1.1 200 "),
    );
    assertEquals(upstream.requests.map((each) => [each.target, each.field("authorization")]), [
      ["/base/user?x=%2F", `token ${OTHER}`],
      ["/base/x", `token ${TOKEN}`],
    ]);
    await service.logged(/^\S+ GET \/user → 200 .* route api\.github\.com /m);

    const bad = [
      `GET /a/../b HTTP/1.1\r\nHost: api.github.com\r\n${end}`,
      `GET /%2e%2e/b HTTP/1.1\r\nHost: localhost\r\n${end}`,
      `GET /user HTTP/1.1\r\n${end}`,
      `GET /user HTTP/1.1\r\nHost: x/evil?q#\r\n${end}`,
      `GET http://evil/user HTTP/1.1\r\nHost: api.github.com\r\n${end}`,
      `GET https://api.github.com/user HTTP/1.1\r\nHost: api.github.com\r\n${end}`,
      `OPTIONS * HTTP/1.1\r\nHost: localhost\r\n${end}`,
    ];
    for (const text of bad) assert((await askSocket(path, text)).startsWith("HTTP/1.1 400 "), text);
    assert((await askSocket(path, `TRACE / HTTP/1.1\r\nHost: x\r\n${end}`)).startsWith("HTTP/1.1 405 "));
    assertEquals(upstream.requests.length, 2);
    // The TCP address still serves.
    assertEquals((await request(service.port, "GET /x HTTP/1.1\r\nHost: proxy\r\n\r\n")).status, 200);
  });
});

Deno.test("the service exits with a socket open, and does not replace another file at its path", async () => {
  await withSocket(async (service, _upstream, path) => {
    assertEquals(await service.stop(), 0);
    await Deno.remove(path).catch(() => {});
    await Deno.writeTextFile(path, "a file of somebody's");
    const failed = await startService({
      routes: {
        routes: [{ path: "/", upstream: "http://127.0.0.1:1", auth_scheme: "", token_env: "A_TOKEN" }],
      },
      env: { CRED_PROXY_SOCKET: path },
    }).then(() => "", String);
    assert(/cred-proxy: can't listen on 127\.0\.0\.1:0 and .*\/agent\.sock: /.test(failed), failed);
    assertEquals(await Deno.readTextFile(path), "a file of somebody's");
  });
});
