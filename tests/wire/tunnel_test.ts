/**
 * Upstreams beyond an egress proxy: a mock that sees every byte, and a real one.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { makeAuthority } from "../support/authority.ts";
import { type EgressProxy, startEgressProxy } from "../support/egress_proxy.ts";
import { Log } from "../support/log.ts";
import { endChild } from "../support/run_main.ts";
import { derivedFlags, type Service, startService } from "../support/service.ts";
import { TOKEN } from "../support/fixture.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { request } from "../support/wire.ts";

const authority = await makeAuthority();
const tls = await authority.issue(["localhost"]);

/** The upstream's response to a request with the token. */
function startSecureUpstream(): Upstream {
  return startUpstream(async (exchange) => {
    const body = await exchange.bodyBytes();
    const known = exchange.field("authorization") === `Bearer ${TOKEN}`;
    await exchange.respond(known ? 200 : 401, [], `${exchange.method} ${exchange.target} ${body.length}`);
  }, { tls });
}

/** A service with the route `/a/` to an upstream, and variables that name a proxy. */
function serveThrough(upstream: string, env: Readonly<Record<string, string>>): Promise<Service> {
  return startService({
    routes: { routes: [{ path: "/a/", upstream, auth_scheme: "Bearer", token_env: "A_TOKEN" }] },
    env: { A_TOKEN: TOKEN, CRED_PROXY_DEBUG: "1", ...env },
    ca: authority.pem,
  });
}

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
}

/** Returns the hosts that a service may reach, without the one where it listens. */
function reachable(flags: readonly string[]): string[] {
  const [net = ""] = flags.filter((flag) => flag.startsWith("--allow-net="));
  return net.replace("--allow-net=", "").split(",").slice(1);
}

Deno.test("requests travel through a tunnel in TLS to the upstream itself, and connections are kept", async () => {
  await using upstream = startSecureUpstream();
  await using proxy = startEgressProxy();
  await using service = await serveThrough(upstream.url, { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` });
  for (let count = 0; count < 3; count++) {
    const response = await request(service.port, get(`/a/${count}`));
    assertEquals([response.status, response.body.text], [200, `GET /${count} 0`]);
  }
  const content = "x".repeat(100_000);
  const posted = await request(
    service.port,
    `POST /a/x HTTP/1.1\r\nHost: x\r\nContent-Length: ${content.length}\r\n\r\n${content}`,
  );
  assertEquals(posted.body.text, "POST /x 100000");
  const authorityOf = `localhost:${upstream.port}`;
  assertEquals(proxy.heads, [`CONNECT ${authorityOf} HTTP/1.1\r\nhost: ${authorityOf}\r\n\r\n`]);
  assertEquals(upstream.connections, 1);
});

Deno.test("the derived flags name the egress proxy and no upstream beyond it", async () => {
  await using upstream = startSecureUpstream();
  await using proxy = startEgressProxy();
  const place = `127.0.0.1:${proxy.port}`;
  await using service = await serveThrough(upstream.url, { HTTPS_PROXY: `http://user:word@${place}` });
  assertEquals(reachable(service.flags), [place]);
  assert(!service.flags.join(" ").includes("word"));
  // It works with exactly these flags.
  assertEquals((await request(service.port, get("/a/x"))).status, 200);
});

Deno.test("an upstream that NO_PROXY names is reached without the proxy, and is in the flags", async () => {
  await using upstream = startSecureUpstream();
  await using proxy = startEgressProxy();
  const env = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: "internal.test,localhost" };
  await using service = await serveThrough(upstream.url, env);
  assertEquals(reachable(service.flags), [`localhost:${upstream.port}`]);
  assertEquals((await request(service.port, get("/a/x"))).status, 200);
  assertEquals(proxy.heads, []);
  // A name that is not the upstream's changes nothing.
  const others = await derivedFlags({ ...service.env, NO_PROXY: "internal.test,host" });
  assertEquals(reachable(others), [`127.0.0.1:${proxy.port}`]);
});

Deno.test("the proxy gets the credentials of its URL, and the upstream's credential stays inside the tunnel", async () => {
  await using upstream = startSecureUpstream();
  await using proxy = startEgressProxy();
  const env = { HTTPS_PROXY: `http://m%C3%A9:p%40ss%3Aword@127.0.0.1:${proxy.port}` };
  await using service = await serveThrough(upstream.url, env);
  assertEquals((await request(service.port, get("/a/x"))).status, 200);
  const [head = ""] = proxy.heads;
  assertMatch(head, /\r\nproxy-authorization: Basic bek6cEBzczp3b3Jk\r\n\r\n$/);
  assertEquals(atob("bek6cEBzczp3b3Jk"), "m\xe9:p@ss:word");
  assert(!head.includes(TOKEN) && !upstream.requests[0]?.head.includes("bek6cEBzczp3b3Jk"));
});

Deno.test("an http upstream goes through HTTP_PROXY, with CONNECT as well", async () => {
  await using upstream = startUpstream((exchange) => exchange.respond(200, [], exchange.target));
  await using proxy = startEgressProxy();
  const env = { HTTP_PROXY: `127.0.0.1:${proxy.port}`, HTTPS_PROXY: "http://127.0.0.1:9" };
  await using service = await serveThrough(upstream.url, env);
  assertEquals((await request(service.port, get("/a/x"))).body.text, "/x");
  assertEquals(proxy.heads.map((head) => head.split("\r\n")[0]), [
    `CONNECT 127.0.0.1:${upstream.port} HTTP/1.1`,
  ]);
  assertEquals(upstream.requests[0]?.field("authorization"), `Bearer ${TOKEN}`);
});

Deno.test("the upstream beyond the tunnel is verified: another host's certificate is refused", async () => {
  const other = await authority.issue(["elsewhere.test"]);
  await using upstream = startUpstream((exchange) => exchange.respond(200), { tls: other });
  await using proxy = startEgressProxy();
  await using service = await serveThrough(upstream.url, { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` });
  assertEquals((await request(service.port, get("/a/x"))).field("cred-proxy-error"), "upstream_tls_failed");
  await service.logged(/^\S+ GET \/a\/x .*not valid for name/m);
  assertEquals(upstream.requests.length, 0);
  await assertAllClosed(proxy);
});

/** Asserts that no useless connection is left open. */
async function assertAllClosed(proxy: EgressProxy): Promise<void> {
  for (let patience = 50; patience > 0 && proxy.open > 0; patience--) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assertEquals(proxy.open, 0);
}

/** Sends a request, and asserts a 502 that reveals nothing and a line on stderr with the cause. */
async function assertFails(service: Service, path: string, cause: RegExp): Promise<void> {
  const response = await request(service.port, get(path));
  assertEquals([response.status, response.field("cred-proxy-error")], [502, "upstream_failed"], path);
  const { error } = JSON.parse(response.body.text);
  assertEquals(response.field("x-should-retry"), / 40[37]$/.test(cause.source) ? "false" : undefined, path);
  assertEquals(
    error.message,
    "The upstream could not be reached, or ended the connection without a response",
  );
  const [line] = await service.logged(new RegExp(`^\\S+ GET ${path} .*$`, "m"));
  assertMatch(line, cause);
  assert(!service.stderr().includes("word") && !service.stderr().includes(TOKEN), line);
}

Deno.test("a proxy that refuses or is not valid HTTP gives a 502, with the cause in the log and not in the response", async () => {
  const answers: [answer: string, cause: RegExp][] = [
    ["HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\ncanary", /answered CONNECT with 403/],
    [
      "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=canary\r\n\r\n",
      /answered CONNECT with 407/,
    ],
    ["HTTP/1.0 502 canary\r\n\r\n", /answered CONNECT with 502/],
    ["HTTP/1.1 302 Found\r\nLocation: http://canary.test/\r\n\r\n", /answered CONNECT with 302/],
    ["HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 Forbidden\r\n\r\n", /answered CONNECT with 403/],
    // A tunnel begins with silence: the client speaks first.
    [
      "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ncanary",
      /sent bytes after its response to CONNECT/,
    ],
    ["HTTP/1.1 200 OK\r\n\r\n\x15\x03\x03\0\x02\x02\x28", /sent bytes after its response to CONNECT/],
    ["HTTP/1.1 200 OK\r\n\r\nc", /sent bytes after its response to CONNECT/],
    ["HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ncanary", /sent bytes after its response to CONNECT/],
    ["220 canary ESMTP\r\n", /no HTTP\/1 status line/],
    ["HTTP/1.1 300 Multiple Choices\r\n\r\n", /\b300\b/],
    ["HTTP/1.1 200 OK\r\nA : b\r\n\r\n", /invalid field line/],
    ["HTTP/1.1 200 OK\n\n", /bare LF/],
    [`HTTP/1.1 100 Continue\r\n\r\n`.repeat(20), /too many interim responses/],
  ];
  await using upstream = startSecureUpstream();
  await using proxy = startEgressProxy();
  await using service = await serveThrough(upstream.url, {
    HTTPS_PROXY: `http://user:word@127.0.0.1:${proxy.port}`,
  });
  for (const [number, [answer, cause]] of answers.entries()) {
    proxy.answerWith(() => answer);
    await assertFails(service, `/a/${number}`, cause);
    await assertAllClosed(proxy);
  }
  assert(!service.stderr().includes("canary"), service.stderr());
  assertEquals([proxy.heads.length, upstream.connections], [answers.length, 0]);
  // Once it opens tunnels again, requests succeed.
  proxy.answerWith(() => undefined);
  assertEquals((await request(service.port, get("/a/x"))).status, 200);
});

Deno.test("a proxy that can't be reached or hangs up gives a 502, and the upstream is not tried directly", async () => {
  await using upstream = startSecureUpstream();
  const hanging = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepting = (async () => {
    for await (const conn of hanging) conn.close();
  })();
  const gone = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  gone.close();
  try {
    for (
      const [port, cause] of [[hanging.addr.port, /closed the connection on CONNECT|reset/i], [
        gone.addr.port,
        /refused/,
      ]] as const
    ) {
      await using service = await serveThrough(upstream.url, {
        HTTPS_PROXY: `http://user:word@127.0.0.1:${port}`,
      });
      await assertFails(service, "/a/x", cause);
    }
  } finally {
    hanging.close();
    await accepting;
  }
  assertEquals(upstream.connections, 0);
});

/** A tinyproxy of its own: in the foreground, on a free port, with a folder that is removed afterwards. */
interface Tinyproxy extends AsyncDisposable {
  readonly port: number;
  /** What it has logged. */
  log(): string;
}

async function startTinyproxy(lines: readonly string[]): Promise<Tinyproxy> {
  const folder = await Deno.makeTempDir({ prefix: "cred-proxy-tinyproxy-" });
  const probe = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = probe.addr;
  probe.close();
  const file = join(folder, "tinyproxy.conf");
  const all = [
    "Listen 127.0.0.1",
    `Port ${port}`,
    "LogLevel Connect",
    "Timeout 60",
    "MaxClients 20",
    ...lines,
    "",
  ];
  await Deno.writeTextFile(file, all.join("\n"));
  const child = new Deno.Command("tinyproxy", {
    args: ["-d", "-c", file],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [stdout, stderr] = [new Log(child.stdout), new Log(child.stderr)];
  const proxy: Tinyproxy = {
    port,
    log: () => stdout.text + stderr.text,
    async [Symbol.asyncDispose]() {
      await endChild(child, "SIGTERM");
      await Promise.all([stdout.done, stderr.done]);
      await Deno.remove(folder, { recursive: true });
    },
  };
  try {
    await awaitListener(port);
    return proxy;
  } catch (error) {
    await proxy[Symbol.asyncDispose]();
    throw new Error(`tinyproxy does not listen: ${proxy.log()}`, { cause: error });
  }
}

async function awaitListener(port: number): Promise<void> {
  for (let patience = 100;; patience--) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch (error) {
      if (patience === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Whether the program is in PATH. */
async function isInstalled(program: string): Promise<boolean> {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  const found = await Promise.all(
    folders.map((folder) => Deno.stat(join(folder, program)).catch(() => undefined)),
  );
  return found.some((info) => info?.isFile);
}

const installed = await isInstalled("tinyproxy");
if (!installed) {
  console.log("tunnel_test: tinyproxy is not in the path; the test with a real egress proxy is left out");
}

Deno.test({
  name:
    "a real egress proxy, tinyproxy, lets requests through with the right password and refuses the others",
  ignore: !installed,
  async fn() {
    await using upstream = startSecureUpstream();
    await using forbidden = startUpstream((exchange) => exchange.respond(200), { tls });
    await using proxy = await startTinyproxy(["BasicAuth agent word", `ConnectPort ${upstream.port}`]);
    const url = (user: string) => `http://${user}@127.0.0.1:${proxy.port}`;

    await using service = await serveThrough(upstream.url, { HTTPS_PROXY: url("agent:word") });
    assertEquals(reachable(service.flags), [`127.0.0.1:${proxy.port}`]);
    for (let count = 0; count < 3; count++) {
      const response = await request(service.port, get(`/a/${count}`));
      assertEquals([response.status, response.body.text], [200, `GET /${count} 0`]);
    }
    assertEquals(upstream.connections, 1);
    assertMatch(proxy.log(), new RegExp(`CONNECT localhost:${upstream.port}`));
    assert(!proxy.log().includes(TOKEN));

    await using stranger = await serveThrough(upstream.url, { HTTPS_PROXY: url("agent:wrong") });
    await assertFails(stranger, "/a/x", /answered CONNECT with 40[17]/);
    await using elsewhere = await serveThrough(forbidden.url, { HTTPS_PROXY: url("agent:word") });
    await assertFails(elsewhere, "/a/x", /answered CONNECT with 403/);
    assertEquals([upstream.connections, forbidden.connections], [1, 0]);
  },
});
