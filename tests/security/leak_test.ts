/**
 * The service's own output: no refusal, log, failure or printed object discloses a secret.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { inspect } from "node:util";
import { parseEgress } from "../../lib/config/settings/egress.ts";
import { parseRoutes } from "../../lib/config/route/route_table.ts";
import { parseTokens } from "../../lib/config/route/token.ts";
import { BufferBudget } from "../../lib/upstream/buffer_budget.ts";
import { InFlightLimiter } from "../../lib/proxy/in_flight_limiter.ts";
import { createHandler } from "../../lib/proxy/handler.ts";
import { failureSink } from "../../lib/log/failure_sink.ts";
import { jsonLine } from "../../lib/log/json_line.ts";
import { readableLine } from "../../lib/log/readable_line.ts";
import { type LogEntry, RequestLog } from "../../lib/log/request_log.ts";
import { createRouter, type Router } from "../../lib/proxy/router.ts";
import { Secret } from "../../lib/core/secret.ts";
import { Service } from "../../lib/proxy/service.ts";
import { startServer } from "../../lib/server/server.ts";
import { MintedTokens } from "../../lib/tokens/minted_tokens.ts";
import { TokenFiles } from "../../lib/tokens/token_files.ts";
import type { Transport, UpstreamResponse } from "../../lib/upstream/transport.ts";
import { ask } from "../support/leak_fixture.ts";
import {
  assertNoCanary,
  CANARIES,
  canariesIn,
  CANARY_ENV,
  canaryRoutes,
  sentText,
} from "../support/canary.ts";
import { makeAuthority } from "../support/authority.ts";
import { fromLatin1 } from "../support/bytes.ts";
import { CLIENT_INFO } from "../support/client_info.ts";
import { valueOf } from "../support/result.ts";
import { routerOf } from "../support/router.ts";
import { derivedFlags, runMain } from "../support/run_main.ts";
import { startRecordingUpstream } from "../support/recording_upstream.ts";
import { startService } from "../support/service.ts";
import { startUpstream } from "../support/upstream.ts";
import { within } from "../support/within.ts";
import { upstreamRequest } from "../support/upstream_request.ts";

/** All combinations of the log settings. */
const LOGS: readonly Readonly<Record<string, string>>[] = [
  {},
  { CRED_PROXY_DEBUG: "1" },
  { CRED_PROXY_LOG: "json" },
  { CRED_PROXY_DEBUG: "1", CRED_PROXY_LOG: "json" },
];

Deno.test("no refusal and no log line discloses a secret, whatever the log settings", async (test) => {
  for (const log of LOGS) {
    const kept = Object.entries(log).map((pair) => pair.join("=")).join(" ") || "no log that was asked for";
    await test.step(kept, () => refuseAll(kept, log));
  }
});

/** Makes a service send each of its refusals, then stops it. */
async function refuseAll(kept: string, log: Readonly<Record<string, string>>): Promise<void> {
  const stranger = await makeAuthority();
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  closed.close();
  await using unverified = startUpstream((exchange) => exchange.respond(200), {
    tls: await stranger.issue(["localhost"]),
  });
  await using upstream = startUpstream(async (exchange) => {
    // The target may hold a canary as well.
    const path = exchange.target.replace(/\?.*/, "");
    if (path.endsWith("/slow")) await exchange.closed;
    else if (path.endsWith("/bad")) await exchange.write(`HTTP/1.1 200 OK\r\n${exchange.head}`);
    else if (path.endsWith("/gone")) exchange.close();
    else await exchange.respond(200, [], "ok");
  });
  const auth = { auth_scheme: "Bearer", token_env: "BEARER_TOKEN" };
  const routes = [
    ...canaryRoutes(upstream.url).map((route) => ({ ...route, response_timeout_s: 0.5 })),
    { path: "/unset/", upstream: upstream.url, ...auth, token_env: "UNSET_TOKEN" },
    { path: "/closed/", upstream: `http://127.0.0.1:${closed.addr.port}`, ...auth },
    { path: "/unverified/", upstream: unverified.url, ...auth },
  ];
  await using service = await startService({
    routes: { routes },
    env: { ...CANARY_ENV, ...log, CRED_PROXY_MAX_IN_FLIGHT: "1" },
  });
  const seen: number[] = [];
  async function refused(line: string, fields: readonly string[] = []): Promise<void> {
    const { raw, status } = await ask(service.port, line, fields);
    assertNoCanary(raw, line);
    seen.push(status);
  }

  for (const { path } of CANARIES.map(({ route }) => route)) {
    await refused(`GET ${path}../x`);
    await refused(`GET ${path}x#y`);
    await refused(`GET /nowhere${path}`);
    await refused(`TRACE ${path}x`);
    await refused(`GET ${path}x`, ["Upgrade: websocket"]);
    await refused(`GET ${path}bad`);
    await refused(`GET ${path}gone`);
  }
  const slow = refused("GET /bearer/slow");
  for (let look = 0; look < 400 && upstream.requests.at(-1)?.target !== "/slow"; look++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await refused("GET /basic/x");
  await slow;
  await refused("GET /unset/x");
  await refused("GET /closed/x");
  await refused("GET /unverified/x");
  assertEquals([...new Set(seen)].toSorted(), [400, 404, 405, 426, 500, 502, 503, 504]);
  // The credential was sent each time.
  for (const canary of CANARIES) {
    assert(
      upstream.requests.some(({ head }) => head.includes(sentText(canary))),
      canary.variable,
    );
  }

  // What it logs at shutdown included.
  assertEquals(await service.stop(), 0);
  assertNoCanary(service.stdout() + service.stderr(), kept);
  assertEquals(service.stdout() !== "", "CRED_PROXY_LOG" in log);
  assertEquals(/^\S+ GET \/bearer\/bad → 502/m.test(service.stderr()), "CRED_PROXY_DEBUG" in log);
}

Deno.test("a service that is killed by a signal prints no secret", async () => {
  await using upstream = startUpstream((exchange) => exchange.respond(200, [], "ok"));
  for (const signal of ["SIGABRT", "SIGALRM", "SIGKILL", "SIGQUIT", "SIGTRAP"] as const) {
    await using service = await startService({
      routes: { routes: canaryRoutes(upstream.url) },
      env: CANARY_ENV,
    });
    for (const { route } of CANARIES) await ask(service.port, `GET ${route.path}x`);
    service.kill(signal);
    const { signal: seen } = await within(service.status, `The end by ${signal}`);
    assertEquals(seen, signal);
    assertNoCanary(service.stdout() + service.stderr(), signal);
    assertEquals(Array.from(Deno.readDirSync(service.folder), ({ name }) => name), ["routes.json"]);
  }
});

Deno.test("an egress proxy that echoes everything discloses nothing to the client or the log", async () => {
  const secret = CANARIES[0]!.secret;
  const proofs: string[] = [];
  await using egress = startUpstream((exchange) => {
    const proof = exchange.field("proxy-authorization") ?? "";
    proofs.push(proof);
    const echo = `${secret} ${proof} ${exchange.head.replaceAll("\r\n", " ")}`;
    return exchange.respond(
      407,
      { "Proxy-Authenticate": `Basic realm="${secret} ${proof}"`, "X-Echo": echo },
      echo,
    );
  });
  const { host } = new URL(egress.url);
  for (const log of LOGS) {
    await using service = await startService({
      routes: { routes: canaryRoutes("http://api.test") },
      env: { ...CANARY_ENV, ...log, HTTP_PROXY: `http://user:${encodeURIComponent(secret)}@${host}` },
    });
    const { raw, status } = await ask(service.port, "GET /bearer/x");
    assertEquals([status, proofs.at(-1)], [502, `Basic ${btoa(`user:${secret}`)}`]);
    assertNoCanary(raw, "The answer");
    await service.logged(/407/);
    assertNoCanary(service.stdout() + service.stderr(), "The log");
  }
});

Deno.test("the runtime's own log at its most verbose discloses no secret", async () => {
  const authority = await makeAuthority();
  const leaf = await authority.issue(["localhost"]);
  await using upstream = startUpstream((exchange) => exchange.respond(200, [], exchange.head), { tls: leaf });
  await using service = await startService({
    routes: { routes: canaryRoutes(upstream.url) },
    env: { ...CANARY_ENV, DENO_LOG: "trace", RUST_BACKTRACE: "full", NODE_DEBUG: "*" },
    ca: authority.pem,
  });
  for (const { route } of CANARIES) assertEquals((await ask(service.port, `GET ${route.path}x`)).status, 200);
  await service.stop();
  assert(service.stderr().length > 1000);
  assertNoCanary(service.stdout() + service.stderr(), "The log");
});

Deno.test("the traces that the runtime can be configured to send hold no secret", async () => {
  const traces: string[] = [];
  await using collector = startUpstream(async (exchange) => {
    traces.push(exchange.head + fromLatin1(await exchange.bodyBytes()));
    await exchange.respond(200, { "Content-Type": "application/json" }, "{}");
  });
  await using upstream = startUpstream((exchange) =>
    exchange.respond(200, { "X-Echo": exchange.head.split("\r\n").join() })
  );
  await using service = await startService({
    routes: { routes: canaryRoutes(upstream.url) },
    env: { ...CANARY_ENV, OTEL_DENO: "true", OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
  });
  for (const { route } of CANARIES) assertEquals((await ask(service.port, `GET ${route.path}x`)).status, 200);
  await service.stop();
  assert(traces.join().includes("/bearer/x"), "No trace came");
  assertNoCanary(traces.join(), "The traces");
});

Deno.test("no verb prints a secret", async () => {
  await using service = await startService({
    routes: { routes: canaryRoutes("http://127.0.0.1:9") },
    env: CANARY_ENV,
  });
  const env = { ...service.env, CRED_PROXY_PORT: String(service.port) };
  for (
    const verb of [
      ...["check", "permissions", "healthcheck", "version", "help", "token", "serv"],
      ...["clients", "providers", "init", "doctor"],
    ]
  ) {
    const flags = verb === "doctor" ? { flags: await derivedFlags(env, "--doctor") } : {};
    const { stdout, stderr } = await runMain([verb], { env, ...flags });
    assert(stdout + stderr !== "" || verb === "healthcheck", verb);
    assertNoCanary(stdout + stderr, verb);
  }
  // With flags that are too broad, too narrow, and without any.
  for (const flags of [["-A"], ["--allow-env", "--allow-read"], ["--no-prompt"]]) {
    const { code, stdout, stderr } = await runMain(["serve"], { env: service.env, flags });
    assertEquals(code, 78);
    assertNoCanary(stdout + stderr, flags.join(" "));
  }
});

/** A router with the routes of all canaries to an upstream. */
function routerTo(upstream: string): Promise<Router> {
  return routerOf({ routes: canaryRoutes(upstream) }, CANARY_ENV);
}

const NO_EGRESS = { https: undefined, http: undefined, bypass: [] };

/** Kinds of failures, each with a text that must not be disclosed. */
const FAILURES: readonly (readonly [name: string, failure: (text: string) => unknown])[] = [
  ["an error with it in its message", (text) => new Error(`Cannot send "${text}"`)],
  ["an error with it in its cause", (text) => new Error("Cannot send", { cause: new Error(text) })],
  [
    "an error with it in a cause of a cause",
    (text) => new TypeError("a", { cause: new Error("b", { cause: text }) }),
  ],
  ["an error with it in its name", (text) => Object.assign(new Error("Cannot send"), { name: text })],
  ["an error with it in its stack", (text) => Object.assign(new Error("Cannot send"), { stack: text })],
  ["several errors", (text) => new AggregateError([new Error(text)], text)],
  ["a text", (text) => text],
  ["an object", (text) => ({ message: text, toString: () => text })],
  ["nothing", () => undefined],
];

Deno.test("a failure that holds a secret leads to a response without it", async (test) => {
  for (const [name, failure] of FAILURES) {
    await test.step(name, async () => {
      for (const { response } of await failAll(failure)) {
        assertEquals(response.status, 502);
        assertNoCanary(inspect([...response.headers]) + response.statusText + await response.text(), name);
      }
    });
  }
});

Deno.test("a failure that holds a secret is logged without it", async (test) => {
  for (const [name, failure] of FAILURES) {
    await test.step(name, async () => {
      for (const { response, entries } of await failAll(failure)) {
        await response.body?.cancel();
        assertEquals(entries.length, 1);
        assertNoCanary(linesOf(entries), name);
      }
    });
  }
});

/** The response and the log entries of a transport that fails, for each canary. */
async function failAll(
  failure: (text: string) => unknown,
): Promise<{ response: Response; entries: LogEntry[] }[]> {
  return await Promise.all(CANARIES.map((canary) => {
    const text = `${canary.secret} ${canary.value ?? ""}`;
    return answerTo(canary.route.path, { roundTrip: () => Promise.reject(failure(text)) });
  }));
}

/** A router whose transports are replaced. */
let unusedRouter: Promise<Router> | undefined;

/** The response of a handler with this transport. */
async function answerTo(
  path: string,
  transport: Pick<Transport, "roundTrip">,
): Promise<{ response: Response; entries: LogEntry[] }> {
  const entries: LogEntry[] = [];
  const router = await (unusedRouter ??= routerTo("http://api.test"));
  const routes = router.routes.map((route) => ({ ...route, transport: { close() {}, ...transport } }));
  const handle = createHandler(
    new Service({
      router: createRouter(routes, router),
      limiter: new InFlightLimiter(9),
      log: new RequestLog([(entry) => entries.push({ ...entry })]),
      budget: new BufferBudget(64 * 1024 * 1024),
    }),
  );
  const response = await handle(
    new Request(`http://proxy${path}x`, { headers: { host: "proxy" } }),
    CLIENT_INFO,
  );
  return { response, entries };
}

/** All log lines that the entries lead to. */
function linesOf(entries: readonly LogEntry[]): string {
  const lines = entries.flatMap((entry) => [readableLine(entry), jsonLine(entry)]);
  const sink = failureSink((line) => lines.push(line));
  for (const entry of entries) sink(entry);
  return lines.join("\n");
}

Deno.test("a failure within a response discloses nothing", async () => {
  for (const [name, failure] of FAILURES) {
    for (const canary of CANARIES) {
      const content = {
        done: false,
        ready: false,
        next: () => Promise.reject(failure(canary.secret)),
        cancel() {},
      };
      const head = { status: 200, minorVersion: 1, fields: [], framing: {} };
      const reply = {
        kind: "response",
        head,
        framing: { kind: "chunked" },
        body: content,
        reused: false,
      } as unknown as UpstreamResponse;
      const { response, entries } = await answerTo(canary.route.path, {
        roundTrip: () => Promise.resolve(reply),
      });
      await response.text().catch(() => {});
      assertNoCanary(inspect([...response.headers]), name);
      assertNoCanary(linesOf(entries), name);
    }
  }
});

Deno.test("a failure outside of the error handling is a bare 500, and nothing is printed", async () => {
  await using upstream = startRecordingUpstream();
  const table = valueOf(parseRoutes(JSON.stringify({ routes: canaryRoutes(upstream.url) })));
  const printed: unknown[] = [];
  const spoken = console.error;
  console.error = (...values) => printed.push(values);
  try {
    for (const [, failure] of FAILURES) {
      const serving = await startServer({
        settings: {
          routesPath: "/nowhere",
          bind: "127.0.0.1",
          port: 0,
          socket: undefined,
          hosts: [],
          maxInFlight: 9,
          bufferBytes: 64 * 1024 * 1024,
          drainMs: 1000,
          admin: undefined,
          egress: NO_EGRESS,
        },
        table,
        tokens: valueOf(parseTokens(table, (name) => CANARY_ENV[name])),
        files: TokenFiles.NONE,
        minted: MintedTokens.NONE,
        caCerts: [],
        // The log's sink is the last thing that can fail.
        sinks: [() => {
          throw failure(CANARIES[0]!.secret);
        }],
        logsClient: true,
      });
      const { raw } = await ask(serving.address?.port ?? 0, "GET /nowhere");
      assertEquals(
        raw.replace(/^date: .*\r\n/m, ""),
        "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
      );
      await serving.drain();
    }
  } finally {
    console.error = spoken;
  }
  assertNoCanary(inspect(printed, { depth: 9 }), "What was printed");
});

/** The ways to turn a value into text. */
const PRINTERS: Readonly<Record<string, (value: unknown) => string>> = {
  "Deno.inspect": (value) =>
    Deno.inspect(value, { depth: 20, showHidden: true, getters: true, iterableLimit: 1e6 }),
  "util.inspect": (value) =>
    inspect(value, { depth: 20, showHidden: true, getters: true, maxArrayLength: null }),
  "JSON.stringify": (value) => `${JSON.stringify(value)} ${JSON.stringify([value])}`,
  "a template": (value) => `${value}`,
  "a sum": (value) => "" + value,
  "String()": (value) => String(value),
  "join()": (value) => [value, value].join(),
  "an error's cause": (value) => Deno.inspect(new Error("failed", { cause: value })),
  "an error's property": (value) => Deno.inspect(Object.assign(new Error("failed"), { value })),
  "its own properties": (value) => Deno.inspect(propertiesOf(value, 9), { depth: 20, iterableLimit: 1e6 }),
};

/** A value's own properties, non-enumerable ones included, and theirs in turn. */
function propertiesOf(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null || depth === 0) return value;
  if (value instanceof Map) return Array.from(value, (pair) => propertiesOf(pair, depth - 1));
  return Reflect.ownKeys(value).map((key) => [key, propertiesOf(Reflect.get(value, key), depth - 1)]);
}

Deno.test("no object that holds a secret prints it, before or after its use", async () => {
  await using upstream = startRecordingUpstream();
  const table = valueOf(parseRoutes(JSON.stringify({ routes: canaryRoutes(upstream.url) })));
  const tokens = valueOf(parseTokens(table, (name) => CANARY_ENV[name]));
  const proxy = `http://user:${encodeURIComponent(CANARIES[0]!.secret)}@proxy.test`;
  const egress = valueOf(parseEgress((name) => name === "HTTP_PROXY" ? proxy : undefined));
  const router = await routerTo(upstream.url);
  const service = new Service({
    router,
    limiter: new InFlightLimiter(9),
    log: new RequestLog([]),
    budget: new BufferBudget(64 * 1024 * 1024),
  });
  const handle = createHandler(service);
  const objects: Record<string, unknown> = {
    table,
    tokens,
    egress,
    router,
    service,
    handle,
    mask: router.mask,
    "the mask of now": router.mask.current,
  };
  for (const [at, route] of router.routes.entries()) {
    const outgoing = upstreamRequest();
    await route.credential.apply(outgoing);
    assertEquals(outgoing.fields.length + (outgoing.target instanceof Secret ? 1 : 0), 1);
    Object.assign(objects, {
      [`credential ${at}`]: route.credential,
      [`token ${at}`]: route.token,
      [`transport ${at}`]: route.transport,
      [`field rules ${at}`]: route.requestFields,
      [`outgoing request ${at}`]: outgoing,
    });
  }

  function assertNothingPrinted(when: string): void {
    for (const [name, value] of Object.entries(objects)) {
      assert(value !== undefined, name);
      for (const [how, print] of Object.entries(PRINTERS)) {
        assertNoCanary(print(value), `${name} in ${how} ${when}`);
      }
    }
  }

  assertNothingPrinted("before its use");
  for (const { route } of CANARIES) {
    const request = new Request(`http://proxy${route.path}x`, { headers: { host: "proxy" } });
    const response = await handle(request, CLIENT_INFO);
    objects[`the response of ${route.path}`] = response;
    objects[`the request of ${route.path}`] = request;
    assertEquals(response.status, 200);
  }
  assertEquals(canariesIn(upstream.take()).length > 0, true);
  assertNothingPrinted("after its use");
  router.close();
});

Deno.test("the flags and the command line of the service name variables and hold no secret", async () => {
  await using service = await startService({
    routes: { routes: canaryRoutes("http://127.0.0.1:9") },
    env: CANARY_ENV,
  });
  const line = await Deno.readTextFile(`/proc/${service.pid}/cmdline`);
  for (const { variable } of CANARIES) assert(line.includes(variable), line);
  assertNoCanary(line + service.flags.join(" "), "The command line");
});
