/**
 * WebSockets through the service, between real clients and upstreams.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { makeAuthority } from "../support/authority.ts";
import { join, latin1 } from "../support/bytes.ts";
import { TOKEN } from "../support/fixture.ts";
import { type Service, type ServiceOptions, startService } from "../support/service.ts";
import {
  connectRawWebSocket,
  connectWebSocket,
  handshakeText,
  type WebSocketClient,
} from "../support/websocket_client.ts";
import { frameBytes } from "../support/websocket_frames.ts";
import {
  AGREED,
  type Agreement,
  echo,
  type RawPeer,
  startRawWebSocket,
  startWsUpstream,
  type WebSocketUpstream,
  type WsSocket,
} from "../support/websocket_upstream.ts";
import { startUpstream } from "../support/upstream.ts";
import { connectRaw, request } from "../support/wire.ts";
import { within } from "../support/within.ts";

/** What the raw upstream does with a connection, as each test wants it. */
let script: (peer: RawPeer) => Promise<void> = readToEnd;
let agreement: Agreement = AGREED;
/** What the `ws` upstream does with a connection. */
let onConnection: (socket: WsSocket) => void = echo;

async function readToEnd({ source }: RawPeer): Promise<void> {
  await source.readToEnd();
}

interface Setting {
  readonly service: Service;
  readonly upstream: WebSocketUpstream;
  /** What else is to be closed. */
  readonly more: AsyncDisposableStack;
}

let setting: Setting;

/** One service with a route to each upstream, and with each setting of a route. */
async function start(): Promise<Setting> {
  const upstream = await startWsUpstream({
    onConnection: (socket) => onConnection(socket),
    fields: ["X-Request-Id: r1", "Set-Cookie: a=b"],
  });
  const raw = startRawWebSocket((peer) => script(peer), { agreement: (accept) => agreement(accept) });
  const plain = startUpstream((exchange) =>
    exchange.respond(Number(exchange.target.slice(1)), { "Retry-After": "7" }, `no ${exchange.target}`)
  );
  const service = await serve([
    { path: "/a/", upstream: upstream.url },
    { path: "/raw/", upstream: raw.url },
    { path: "/ping/raw/", upstream: raw.url, websocket_ping_s: 0.2 },
    { path: "/ping/ws/", upstream: upstream.url, websocket_ping_s: 0.2 },
    { path: "/plain/", upstream: plain.url },
    { path: "/off/", upstream: upstream.url, websocket: false },
    { path: "/post/", upstream: upstream.url, methods: ["POST"] },
    { path: "/paths/", upstream: upstream.url, paths: ["v1/**"] },
    { path: "/browsers/", upstream: upstream.url, browsers: true },
  ]);
  const more = new AsyncDisposableStack();
  for (const each of [upstream, raw, plain, service]) more.use(each);
  return { service, upstream, more };
}

Deno.test.beforeAll(async () => void (setting = await start()));
Deno.test.afterAll(async () => await setting.more.disposeAsync());

/** Adds a test. The npm package closes some sockets a moment after it, so they are not counted. */
function test(name: string, fn: (setting: Setting & { readonly port: number }) => Promise<void>): void {
  Deno.test({
    name,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: () => {
      script = readToEnd;
      agreement = AGREED;
      onConnection = echo;
      return fn({ ...setting, port: setting.service.port });
    },
  });
}

/** Starts a service with these routes. */
function serve(routes: readonly object[], more: Partial<ServiceOptions> = {}): Promise<Service> {
  const table = routes.map((route) => ({ auth_scheme: "Bearer", token_env: "A_TOKEN", ...route }));
  const { env, ...rest } = more;
  return startService({
    routes: { routes: table },
    env: { A_TOKEN: TOKEN, CRED_PROXY_LOG: "json", ...env },
    ...rest,
  });
}

/** Returns the log line of a path, as an object. */
async function logged(service: Service, path: string): Promise<Record<string, unknown>> {
  const [line] = await service.printed(new RegExp(`^\\{.*"path":"${path}".*\\}$`, "m"));
  return JSON.parse(line);
}

/** Returns the next event of a client that is no ping. */
async function nextButPings(client: WebSocketClient): Promise<string> {
  let event = await client.next();
  while (event.startsWith("ping")) event = await client.next();
  return event;
}

const text = (value: string) => new TextEncoder().encode(value);

test("a handshake reaches the upstream with the credential, and without the client's own", async ({ port, upstream }) => {
  using client = await connectWebSocket(port, {
    path: "/a/v1/realtime?model=m",
    protocols: ["realtime", "openai-insecure-api-key.sk-mine", "openai-beta.realtime-v1"],
    headers: { Authorization: "Bearer mine", "X-Api-Key": "mine", "OpenAI-Beta": "realtime=v1" },
  });
  const { url, headers } = upstream.handshakes.at(-1)!;
  const key = headers["sec-websocket-key"];
  assert(key !== undefined && key !== "dGhlIHNhbXBsZSBub25jZQ==");
  assertEquals(url, "/v1/realtime?model=m");
  assertEquals({ ...headers, "sec-websocket-key": "" }, {
    host: `127.0.0.1:${upstream.port}`,
    "accept-encoding": "identity",
    "openai-beta": "realtime=v1",
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "",
    "sec-websocket-protocol": "realtime, openai-beta.realtime-v1",
    authorization: `Bearer ${TOKEN}`,
  });
  assertEquals(client.socket.protocol, "realtime");
  assertEquals(client.response.headers["x-request-id"], "r1");
  assertEquals(client.response.headers["set-cookie"], undefined);
});

test("a web page's Origin reaches the upstream only where the route serves browsers", async ({ port, upstream }) => {
  const headers = { Origin: "https://page.test" };
  await assertRejects(() => connectWebSocket(port, { headers }), Error, "403");
  using _client = await connectWebSocket(port, { path: "/browsers/x", headers });
  assertEquals(upstream.handshakes.at(-1)!.headers.origin, "https://page.test");
});

test("messages of every length pass both ways in order, as the kind that they are", async ({ port, service }) => {
  using client = await connectWebSocket(port, { path: "/a/lengths" });
  const lengths = [0, 1, 125, 126, 65_535, 65_536, 300_000, 3_000_000];
  for (const length of lengths) {
    client.socket.send("é".repeat(length / 2));
    client.socket.send(new Uint8Array(length));
  }
  for (const length of lengths) {
    assertEquals(await client.next(), `text ${"é".repeat(length / 2)}`);
    assertEquals(await client.next(), `binary ${length > 100 ? `${length} bytes` : "00".repeat(length)}`);
  }
  client.socket.close();
  assertEquals(await client.next(), "close 1005");
  const line = await logged(service, "/a/lengths");
  assertEquals([line.status, line.messages_up, line.messages_down, line.close_code, line.outcome], [
    101,
    16,
    16,
    1005,
    "complete",
  ]);
  assertEquals(line.bytes_up, line.bytes_down);
});

test("a WebSocket is served over TLS, and what follows the 101 at once is not lost", async () => {
  const authority = await makeAuthority();
  const tls = await authority.issue(["localhost"]);
  await using upstream = startRawWebSocket(readToEnd, {
    tls,
    agreement: (accept) => `${AGREED(accept)}\x81\x05hello`,
  });
  await using service = await serve([{ path: "/a/", upstream: upstream.url }], { ca: authority.pem });
  using client = await connectWebSocket(service.port);
  assertEquals(await client.next(), "text hello");
});

test("the secret is masked in texts and in binary messages, in one frame or many, and in a close reason", async ({ port }) => {
  onConnection = (socket) => {
    socket.send(`a ${TOKEN} b`);
    socket.send(text(`a ${TOKEN} b`));
    for (const character of `a ${TOKEN} b`) socket.send(character, { fin: false });
    socket.send("", { fin: true });
    socket.close(4000, TOKEN);
  };
  using client = await connectWebSocket(port);
  const masked = `a ${"*".repeat(TOKEN.length)} b`;
  assertEquals(await client.next(), `text ${masked}`);
  assertEquals(await client.next(), `binary ${text(masked).toHex()}`);
  assertEquals(await client.next(), `text ${masked}`);
  assertEquals(await client.next(), `close 4000 ${"*".repeat(TOKEN.length)}`);
});

test("a message that ends with the beginning of the secret arrives at once, whole", async ({ port }) => {
  using client = await connectWebSocket(port);
  for (let length = 1; length < TOKEN.length; length++) {
    const start = TOKEN.slice(0, length);
    client.socket.send(start);
    assertEquals(await client.next(), `text ${start}`);
  }
});

test("a close code and its reason pass both ways", async ({ port }) => {
  let closed = Promise.withResolvers<string>();
  onConnection = (socket) => {
    socket.on("message", (data: Uint8Array) => socket.close(...JSON.parse(new TextDecoder().decode(data))));
    socket.on("close", (code: number, reason: Uint8Array) => {
      closed.resolve(`close ${code} ${new TextDecoder().decode(reason)}`.trim());
    });
  };
  const closings = [[[1000], "close 1000"], [[3999, "tschüß"], "close 3999 tschüß"], [
    [],
    "close 1005",
  ]] as const;
  for (const [sent, got] of closings) {
    using downward = await connectWebSocket(port);
    downward.socket.send(JSON.stringify(sent));
    assertEquals(await downward.next(), got);
    closed = Promise.withResolvers();
    using upward = await connectWebSocket(port);
    upward.socket.close(...sent);
    assertEquals(await upward.next(), got);
    assertEquals(await within(closed.promise, "The upstream's close"), got);
  }
});

test("no message to a client is lost while it sends at full speed itself", async ({ port }) => {
  const COUNT = 12_000;
  const numbered = (count: number) => new Uint8Array([count, count >> 8, count >> 16]);
  script = async ({ source, send }) => {
    let open = true;
    const reading = (async () => {
      while ((await source.readBytes(64 * 1024)).length > 0);
    })().finally(() => open = false);
    for (let count = 0; open && count < COUNT; count++) {
      await send(frameBytes({ opcode: 2, payload: numbered(count) }));
      if (count % 8 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await reading;
  };
  using client = await connectRawWebSocket(port, "/raw/x");
  let over = false;
  const small = frameBytes({ opcode: 2, payload: new Uint8Array(8), mask: true });
  const burst = join(Array.from({ length: 512 }, () => small));
  const sending = (async () => {
    while (!over) await client.send(burst);
  })().catch(() => {});
  for (let count = 0; count < COUNT; count++) {
    const frame = await within(client.source().readBytes(5), `Message ${count}`);
    assertEquals([...frame], [0x82, 3, ...numbered(count)], `message ${count}`);
  }
  over = true;
  await sending;
});

test("a client that is still sending gets the close code", async ({ port }) => {
  onConnection = (socket) => socket.on("message", () => socket.close(4001, "enough"));
  for (let count = 0; count < 10; count++) {
    using client = await connectWebSocket(port);
    const timer = setInterval(() => client.socket.send("more"), 1);
    for (let message = 0; message < 50; message++) client.socket.send("x".repeat(1000));
    assertEquals(await client.next(), "close 4001 enough");
    clearInterval(timer);
  }
});

test("pings are answered on each side, with what they hold", async ({ port }) => {
  const got = Promise.withResolvers<string>();
  onConnection = (socket) => {
    socket.on("pong", (data: Uint8Array) => got.resolve(new TextDecoder().decode(data)));
    socket.ping("down");
  };
  using client = await connectWebSocket(port);
  client.socket.ping("up");
  assertEquals(await client.next(), `pong ${text("up").toHex()}`);
  assertEquals(await within(got.promise, "The pong"), "down");
});

test("each of several pings is answered, in order", async ({ port }) => {
  const got: string[] = [];
  const all = Promise.withResolvers<void>();
  onConnection = (socket) => {
    socket.on("pong", (data: Uint8Array) => {
      got.push(new TextDecoder().decode(data));
      if (got.length === 10) all.resolve();
    });
    for (let count = 0; count < 10; count++) socket.ping(`${count}`);
  };
  using _client = await connectWebSocket(port);
  await within(all.promise, "The pongs");
  assertEquals(got, [..."0123456789"]);
});

test("any other response of the upstream to a handshake passes as it is", async ({ port }) => {
  for (const status of [200, 302, 401, 403, 404, 426, 429, 500]) {
    const response = await request(port, handshakeText(`/plain/${status}`));
    const { body, field } = response;
    assertEquals([response.status, body.text, field("retry-after")], [status, `no /${status}`, "7"]);
  }
});

const BAD_AGREEMENTS: Readonly<Record<string, (good: string) => string>> = {
  "another protocol": (good) => good.replace("Upgrade: websocket", "Upgrade: h2c"),
  "no Upgrade": (good) => good.replace("Upgrade: websocket\r\n", ""),
  "no Connection": (good) => good.replace("Connection: Upgrade\r\n", ""),
  "the wrong accept": (good) => good.replace(/Accept: ./, "Accept: _"),
  "no accept": (good) => good.replace(/Sec-WebSocket-Accept: .*\r\n/, ""),
  "an extension": (good) =>
    good.replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"),
  "a subprotocol that was not offered": (good) =>
    good.replace("\r\n\r\n", "\r\nSec-WebSocket-Protocol: other\r\n\r\n"),
  "two subprotocols": (good) =>
    good.replace("\r\n\r\n", "\r\nSec-WebSocket-Protocol: x\r\nSec-WebSocket-Protocol: x\r\n\r\n"),
};

test("an agreement that is not a valid one is a 502, and the client's connection goes on", async ({ port }) => {
  for (const [name, change] of Object.entries(BAD_AGREEMENTS)) {
    agreement = (accept) => change(AGREED(accept));
    const response = await request(port, handshakeText("/raw/x", ["Sec-WebSocket-Protocol: x"]));
    const refusal = [response.status, response.field("cred-proxy-error")];
    assertEquals(refusal, [502, "upstream_reply_refused"], name);
  }
});

const VIOLATIONS: readonly [name: string, bytes: Uint8Array, upstreamGets: number, clientGets: string][] = [
  ["a masked frame", frameBytes({ opcode: 1, payload: new Uint8Array(1), mask: true }), 1002, "close 1011"],
  ["a reserved bit", frameBytes({ opcode: 1, payload: new Uint8Array(1), rsv1: true }), 1002, "close 1011"],
  ["text that is not UTF-8", frameBytes({ opcode: 1, payload: latin1("\xff") }), 1007, "close 1011"],
  ["a length of 63 bits", latin1("\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"), 1009, "close 1009"],
  ["a message over 64 MiB", latin1("\x82\x7f\0\0\0\0\x04\0\0\x01"), 1009, "close 1009"],
];

test("an upstream that breaks the protocol gets the code for it, and the client is closed", async ({ port }) => {
  for (const [name, sent, upstreamGets, clientGets] of VIOLATIONS) {
    const got = Promise.withResolvers<number>();
    script = async ({ source, send }) => {
      await send(sent);
      // A masked close frame: head, key, code.
      const [, , ...rest] = await source.readBytes(8);
      got.resolve((rest[0]! ^ rest[4]!) << 8 | (rest[1]! ^ rest[5]!));
    };
    using client = await connectWebSocket(port, { path: "/raw/x" });
    assertMatch(await client.next(), new RegExp(`^${clientGets} `), name);
    assertEquals(await within(got.promise, "The close frame"), upstreamGets, name);
  }
});

test("a side that dies is seen by the other within a second", async ({ port, service }) => {
  script = ({ close }) => Promise.resolve(close());
  let began = performance.now();
  using client = await connectWebSocket(port, { path: "/raw/upstream" });
  assertEquals(await client.next(), "close 1011 The connection to the upstream was lost");
  assert(performance.now() - began < 1000);
  const { outcome, close_code: code } = await logged(service, "/raw/upstream");
  assertEquals([outcome, code], ["upstream_aborted", 1006]);

  const ended = Promise.withResolvers<void>();
  script = async (peer) => {
    await readToEnd(peer);
    ended.resolve();
  };
  const leaving = await connectWebSocket(port, { path: "/raw/client" });
  began = performance.now();
  leaving.socket.terminate();
  await within(ended.promise, "The end of the upstream's connection");
  assert(performance.now() - began < 1000);
  const line = await logged(service, "/raw/client");
  assertEquals([line.outcome, line.close_code], ["client_aborted", 1006]);
});

test("a peer that does not answer a ping is taken for dead, on either side", async ({ port, service }) => {
  using client = await connectWebSocket(port, { path: "/ping/raw/upstream" });
  assertMatch(await nextButPings(client), /^close 1011/);
  assertMatch(String((await logged(service, "/ping/raw/upstream")).cause), /did not answer a ping/);

  const ended = Promise.withResolvers<void>();
  script = async ({ source, send }) => {
    // It shows life itself from time to time.
    const timer = setInterval(() => void send(latin1("\x89\0")).catch(() => {}), 50);
    await source.readToEnd();
    clearInterval(timer);
    ended.resolve();
  };
  using _dead = await connectRawWebSocket(port, "/ping/raw/client");
  await within(ended.promise, "The end of the upstream's connection");
});

test("idle peers that answer pings stay connected", async ({ port }) => {
  using client = await connectWebSocket(port, { path: "/ping/ws/x" });
  for (let pings = 0; pings < 5; pings++) assertMatch(await client.next(), /^ping/);
  client.socket.send("still here");
  assertEquals(await nextButPings(client), "text still here");
});

test("WebSockets count as in flight, and are drained with 1001", async ({ upstream }) => {
  const codes: number[] = [];
  onConnection = (socket) => {
    echo(socket);
    socket.on("close", (code: number) => codes.push(code));
  };
  const env = { CRED_PROXY_MAX_IN_FLIGHT: "2", CRED_PROXY_DRAIN_S: "10" };
  await using service = await serve([{ path: "/a/", upstream: upstream.url }], { env });
  using first = await connectWebSocket(service.port);
  using second = await connectWebSocket(service.port);
  const refused = await request(service.port, handshakeText());
  assertEquals([refused.status, refused.field("cred-proxy-error")], [503, "overloaded"]);
  first.socket.send("before");
  assertEquals(await first.next(), "text before");
  service.kill("SIGTERM");
  for (const client of [first, second]) {
    assertEquals(await client.next(), "close 1001 The proxy is shutting down");
  }
  assertEquals((await within(service.status, "The service's end")).code, 0);
  assertEquals(codes, [1001, 1001]);
  assertEquals(service.stdout().match(/"close_code":1001/g)?.length, 2);
});

test("a client that is slow gets all that the upstream had sent before the service drained, and then 1001", async () => {
  const [COUNT, LENGTH] = [256, 64 * 1024];
  const message = frameBytes({ opcode: 2, payload: new Uint8Array(LENGTH) });
  await using upstream = startRawWebSocket(async ({ source, send }) => {
    for (let count = 0; count < COUNT; count++) await send(message);
    // The close frame: head, key, code and reason.
    await source.readBytes(8);
    await send(frameBytes({ opcode: 8, payload: latin1("\x03\xe9") }));
    await source.readToEnd();
  });
  const env = { CRED_PROXY_DRAIN_S: "20" };
  await using service = await serve([{ path: "/a/", upstream: upstream.url }], { env });
  using client = await connectRawWebSocket(service.port);
  await new Promise((resolve) => setTimeout(resolve, 100));
  service.kill("SIGTERM");
  await new Promise((resolve) => setTimeout(resolve, 2_300));
  for (let count = 0; count < COUNT; count++) {
    assertEquals(
      (await client.source().readBytes(message.length)).length,
      message.length,
      `message ${count}`,
    );
  }
  const [first, , ...code] = await within(client.source().readBytes(4), "The close frame");
  assertEquals([first, ...code], [0x88, 1001 >> 8, 1001 & 0xff]);
  await client.send(frameBytes({ opcode: 8, payload: new Uint8Array(0), mask: true }));
  assertEquals((await within(service.status, "The service's end")).code, 0);
});

test("an upgrade is a 426 where the route serves none, and a 403 where it does not allow the path", async ({ port, upstream }) => {
  const before = upstream.handshakes.length;
  for (const path of ["/off/x", "/post/x"]) {
    const response = await request(port, handshakeText(path));
    assertEquals([response.status, response.field("cred-proxy-error")], [426, "upgrade_not_served"]);
    assertEquals(response.field("sec-websocket-version"), "13");
  }
  assertEquals((await request(port, handshakeText("/paths/v2"))).status, 403);
  assertEquals(upstream.handshakes.length, before);
  using client = await connectWebSocket(port, { path: "/paths/v1/x" });
  client.socket.send("allowed");
  assertEquals(await client.next(), "text allowed");
});

test("a handshake that is not a valid one is refused, and reaches no upstream", async ({ port, upstream }) => {
  const before = upstream.handshakes.length;
  const cases: readonly [change: (good: string) => string, status: number, code: string][] = [
    [(good) => good.replace("Version: 13", "Version: 8"), 426, "upgrade_not_served"],
    [(good) => good.replace(/Sec-WebSocket-Version.*\r\n/, ""), 426, "upgrade_not_served"],
    [(good) => good.replace("Connection: Upgrade\r\n", ""), 426, "upgrade_not_served"],
    [(good) => good.replace("GET ", "POST "), 426, "upgrade_not_served"],
    [(good) => good.replace(/Sec-WebSocket-Key.*\r\n/, ""), 400, "bad_request"],
    [(good) => good.replace("dGhlIHNhbXBsZSBub25jZQ==", "short"), 400, "bad_request"],
    [(good) => good.replace("\r\n\r\n", "\r\nSec-WebSocket-Protocol: a b\r\n\r\n"), 400, "bad_request"],
    [(good) => good.replace("\r\n\r\n", "\r\nSec-WebSocket-Protocol: a,,b\r\n\r\n"), 400, "bad_request"],
  ];
  for (const [change, status, code] of cases) {
    const response = await request(port, change(handshakeText()));
    assertEquals([response.status, response.field("cred-proxy-error")], [status, code], change.toString());
  }
  assertEquals(upstream.handshakes.length, before);
});

test("a client that leaves during the handshake leaves nothing behind", async () => {
  const arrived = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  await using upstream = startUpstream(async (exchange) => {
    arrived.resolve();
    await exchange.closed;
    exchange.close();
    ended.resolve();
  });
  await using service = await serve([{ path: "/a/", upstream: upstream.url }]);
  const wire = await connectRaw(service.port);
  await wire.send(handshakeText());
  await within(arrived.promise, "The handshake");
  await wire.close();
  await within(ended.promise, "The end of the upstream's connection");
  await service.printed(/"outcome":"client_aborted"/);
});

test("clients that leave at the moment at which their WebSocket opens keep no place in flight", async ({ upstream }) => {
  const env = { CRED_PROXY_MAX_IN_FLIGHT: "50" };
  await using service = await serve([{ path: "/a/", upstream: upstream.url }], { env });
  await Promise.all(Array.from({ length: 100 }, async () => {
    const wire = await connectRaw(service.port);
    await wire.send(handshakeText());
    await wire.close();
  }));
  await new Promise((resolve) => setTimeout(resolve, 3_500));
  using stack = new DisposableStack();
  for (let count = 0; count < 50; count++) stack.use(await connectRawWebSocket(service.port));
});
