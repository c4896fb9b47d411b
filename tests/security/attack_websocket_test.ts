/**
 * Hostile clients and upstreams on WebSockets.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { fromLatin1, join, latin1 } from "../support/bytes.ts";
import { assertNoCanary, CANARIES, CANARY_ENV, canaryRoutes, payloadOf } from "../support/canary.ts";
import { TOKEN } from "../support/fixture.ts";
import { residentMemory, type Service, startService } from "../support/service.ts";
import { connectRawWebSocket, type RawWebSocket } from "../support/websocket_client.ts";
import { type Frame, frameBytes } from "../support/websocket_frames.ts";
import { AGREED, type Agreement, type RawPeer, startRawWebSocket } from "../support/websocket_upstream.ts";
import { V8_FLAGS } from "../support/v8_flags.ts";
import { request } from "../support/wire.ts";
import { within } from "../support/within.ts";

const MIB = 1024 * 1024;

let script: (peer: RawPeer) => Promise<void>;
let agreement: Agreement = AGREED;
let service: Service;
const resources = new AsyncDisposableStack();

Deno.test.beforeAll(async () => {
  const upstream = resources.use(
    startRawWebSocket((peer) => script(peer), { agreement: (accept) => agreement(accept) }),
  );
  const route = { path: "/a/", upstream: upstream.url, auth_scheme: "Bearer", token_env: "A_TOKEN" };
  service = resources.use(
    await startService({
      routes: { routes: [route, ...canaryRoutes(upstream.url)] },
      env: { ...CANARY_ENV, A_TOKEN: TOKEN, CRED_PROXY_LOG: "json" },
    }),
  );
});
Deno.test.afterAll(async () => await resources.disposeAsync());

/**
 * Sends the same bytes again and again for some time, in milliseconds, and until another client has had its response.
 *
 * @returns How many bytes could be sent.
 */
async function flood(
  send: (bytes: Uint8Array) => Promise<void>,
  bytes: Uint8Array,
  ms: number,
): Promise<number> {
  let sent = 0;
  let over = false;
  const sending = (async () => {
    while (!over) {
      await send(bytes);
      sent += bytes.length;
      // So that this process, too, has time for others.
      await new Promise((resolve) => setImmediate(resolve));
    }
  })().catch(() => over = true);
  const end = performance.now() + ms;
  while (!over && performance.now() < end) {
    await assertServed();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  over = true;
  await Promise.race([sending, new Promise((resolve) => setTimeout(resolve, 20))]);
  return sent;
}

/** Returns many frames in a row, as bytes. */
function many(count: number, frame: Frame): Uint8Array {
  const one = frameBytes(frame);
  return join(Array.from({ length: count }, () => one));
}

/** Asserts that another client of the service gets its response, which waits for the end of no flood. */
async function assertServed(): Promise<void> {
  assertEquals((await request(service.port, "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n")).status, 404);
}

/** Reads a client's connection to its end, as Latin-1. */
async function readAll(client: RawWebSocket): Promise<string> {
  return fromLatin1(await within(client.source().readToEnd(), "The end of the client's connection"));
}

Deno.test("no form of a secret is in any message, field or close reason that a client gets", async () => {
  for (const canary of CANARIES) {
    const payload = latin1(payloadOf(canary));
    const middle = payload.length >> 1;
    agreement = (accept) =>
      AGREED(accept).replace(
        "\r\n\r\n",
        `\r\nX-Echo: ${canary.secret}\r\nX-Value: ${canary.value ?? ""}\r\n\r\n`,
      );
    const sent = Promise.withResolvers<void>();
    script = async ({ send }) => {
      for (const opcode of [1, 2]) {
        await send(frameBytes({ opcode, payload }));
        for (let cut = middle; cut < middle + 60; cut++) {
          await send(frameBytes({ opcode, payload: payload.slice(0, cut), fin: false }));
          await send(frameBytes({ opcode: 9, payload: latin1(canary.secret) }));
          await send(frameBytes({ opcode: 0, payload: payload.slice(cut) }));
        }
      }
      await send(frameBytes({ opcode: 8, payload: latin1(`\x0f\xa0${canary.secret}`) }));
      await new Promise((resolve) => setTimeout(resolve, 200));
      sent.resolve();
    };
    using client = await connectRawWebSocket(service.port, `${canary.route.path}x`);
    assertNoCanary(client.head, `${canary.variable}: the head`);
    await within(sent.promise, "The upstream's messages");
    // By then the service has passed on the close frame, which the client answers.
    await client.send(frameBytes({ opcode: 8, payload: new Uint8Array(0), mask: true }));
    const got = await readAll(client);
    assert(got.includes("\x88"), "no close frame");
    assert(got.includes("*".repeat(20)), got.slice(0, 300));
    assertNoCanary(got, canary.variable);
  }
  agreement = AGREED;
  assertNoCanary(service.stdout() + service.stderr(), "The log");
});

Deno.test("a message reaches the client as one frame, however it was cut and however much of the secret it holds", async () => {
  const contents = [
    TOKEN.slice(0, 1),
    TOKEN.slice(0, -1),
    TOKEN.slice(1),
    `${TOKEN.slice(0, -1)}!`,
    "x".repeat(TOKEN.length),
  ];
  script = async ({ send, source }) => {
    for (const content of contents) {
      for (let cut = 0; cut <= content.length; cut++) {
        await send(frameBytes({ opcode: 2, payload: latin1(content.slice(0, cut)), fin: false }));
        await send(frameBytes({ opcode: 0, payload: latin1(content.slice(cut)) }));
      }
    }
    await source.readToEnd();
  };
  using client = await connectRawWebSocket(service.port);
  for (const content of contents) {
    for (let cut = 0; cut <= content.length; cut++) {
      const frame = await within(client.source().readBytes(2 + content.length), "A message");
      assertEquals(fromLatin1(frame), `\x82${String.fromCharCode(content.length)}${content}`);
    }
  }
});

/** Floods, by what they consist of. */
const FLOODS: readonly [name: string, count: number, frame: Frame][] = [
  ["messages of 64 KiB", 4, { opcode: 2, payload: new Uint8Array(64 * 1024) }],
  ["messages of one byte", 8192, { opcode: 2, payload: new Uint8Array(1) }],
  ["empty messages", 8192, { opcode: 1, payload: new Uint8Array(0) }],
  ["pings", 8192, { opcode: 9, payload: new Uint8Array(4) }],
];

/** What kernels hold of a connection on the loopback, on both of its ends and on both sides of the service. */
const IN_KERNELS = 24 * MIB;

/** How much the service's memory may grow by one connection, in bytes: its garbage included. */
const GROWTH = 64 * MIB;

for (const [name, count, frame] of FLOODS) {
  Deno.test(`an upstream that reads nothing holds up a client that sends ${name}, and no other`, async () => {
    const over = Promise.withResolvers<void>();
    script = () => over.promise;
    const before = await residentMemory(service.pid);
    using client = await connectRawWebSocket(service.port);
    const sent = await flood(client.send, many(count, { ...frame, mask: true }), 400);
    // Pings end at the service, so those may all be read.
    if (frame.opcode !== 9) assert(sent < IN_KERNELS, `${sent / MIB} MiB were sent`);
    const growth = await residentMemory(service.pid) - before;
    assert(growth < GROWTH, `${growth / MIB} MiB`);
    over.resolve();
  });

  Deno.test(`a client that reads nothing holds up an upstream that sends ${name}, and no other`, async () => {
    const sent = Promise.withResolvers<number>();
    script = async ({ send }) => sent.resolve(await flood(send, many(count, frame), 400));
    const before = await residentMemory(service.pid);
    using _client = await connectRawWebSocket(service.port);
    const total = await sent.promise;
    if (frame.opcode !== 9) assert(total < IN_KERNELS, `${total / MIB} MiB were sent`);
    const growth = await residentMemory(service.pid) - before;
    assert(growth < GROWTH, `${growth / MIB} MiB`);
  });
}

Deno.test("a client that reads nothing costs at most 1 MiB of the service's memory, with messages of up to 64 KiB", async () => {
  const COUNT = 20;
  for (const length of [1, 64 * 1024]) {
    const burst = many(Math.floor(64 * 1024 / length), { opcode: 2, payload: new Uint8Array(length) });
    const over = Promise.withResolvers<void>();
    await using upstream = startRawWebSocket(async ({ send }) => {
      for (;;) await Promise.race([send(burst), over.promise.then(() => Promise.reject())]);
    });
    await using own = await startOwn(upstream.url);
    // What the first messages cost is loaded once.
    await flowing(own.port);
    const before = await residentMemory(own.pid);
    using clients = new DisposableStack();
    for (let count = 0; count < COUNT; count++) clients.use(await connectRawWebSocket(own.port));
    await new Promise((resolve) => setTimeout(resolve, 700));
    const each = (await residentMemory(own.pid) - before) / COUNT;
    own.kill("SIGKILL");
    over.resolve();
    assert(each < MIB, `${each / MIB} MiB with messages of ${length} bytes`);
  }
});

Deno.test("a client that has got a long message costs no more than others from then on", async () => {
  const [COUNT, LENGTH] = [8, 8 * MIB];
  const message = frameBytes({ opcode: 2, payload: new Uint8Array(LENGTH) });
  await using upstream = startRawWebSocket(async ({ send, source }) => {
    await send(message);
    await source.readToEnd();
  });
  await using own = await startOwn(upstream.url);
  const clients = new DisposableStack();
  const piece = new Uint8Array(256 * 1024);
  const before = await residentMemory(own.pid);
  for (let count = 0; count < COUNT; count++) {
    const { conn } = clients.use(await connectRawWebSocket(own.port));
    for (let rest = message.length; rest > 0;) rest -= await conn.read(piece) ?? NaN;
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
  const growth = await residentMemory(own.pid) - before;
  // What is freed is not returned at once: two messages are.
  assert(growth < 3 * LENGTH, `${growth / MIB} MiB`);
  clients.dispose();
});

/** Starts a service of its own, to measure its memory. */
function startOwn(upstream: string): Promise<Service> {
  const route = { path: "/a/", upstream, auth_scheme: "Bearer", token_env: "A_TOKEN" };
  return startService({ routes: { routes: [route] }, env: { A_TOKEN: TOKEN, DENO_V8_FLAGS: V8_FLAGS } });
}

/** Lets some clients take what an upstream sends, for a moment. */
async function flowing(port: number): Promise<void> {
  const some = await Promise.all([1, 2, 3].map(() => connectRawWebSocket(port)));
  const reading = some.map(({ conn }) => conn.readable.pipeTo(new WritableStream()).catch(() => {}));
  await new Promise((resolve) => setTimeout(resolve, 500));
  for (const client of some) client[Symbol.dispose]();
  await Promise.all(reading);
}

Deno.test("clients that send at full speed do not end the WebSocket of one that is idle", async () => {
  let first = true;
  script = async ({ source, send }) => {
    if (first) {
      first = false;
      await source.readBytes(7);
      return await send(frameBytes({ opcode: 2, payload: latin1("!") }));
    }
    while ((await source.readBytes(64 * 1024)).length > 0);
  };
  using idle = await connectRawWebSocket(service.port);
  using clients = new DisposableStack();
  const burst = many(4, { opcode: 2, payload: new Uint8Array(16 * 1024), mask: true });
  let over = false;
  const sending = Array.from({ length: 30 }, async () => {
    const client = clients.use(await connectRawWebSocket(service.port));
    while (!over) await client.send(burst);
  });
  await new Promise((resolve) => setTimeout(resolve, 1500));
  over = true;
  await within(Promise.allSettled(sending), "The end of the flood");
  await idle.send(frameBytes({ opcode: 2, payload: latin1("?"), mask: true }));
  assertEquals(fromLatin1(await within(idle.source().readBytes(3), "An answer")), "\x82\x01!");
});

Deno.test("a length that is only announced takes no memory", async () => {
  const claim = latin1("\x82\x7f\0\0\0\0\x03\xff\xff\xff.");
  const claimMasked = latin1("\x82\xff\0\0\0\0\x03\xff\xff\xff....!");
  script = async ({ send, source }) => {
    await send(claim);
    await source.readToEnd();
  };
  const before = await residentMemory(service.pid);
  using clients = new DisposableStack();
  for (let count = 0; count < 40; count++) {
    const client = clients.use(await connectRawWebSocket(service.port));
    await client.send(claimMasked);
  }
  await assertServed();
  const growth = await residentMemory(service.pid) - before;
  assert(growth < GROWTH, `${growth / MIB} MiB`);
});

Deno.test("an upstream's message without an end is closed with 1009, as soon as its fragments announce over 64 MiB", async () => {
  script = async ({ send, source }) => {
    await send(frameBytes({ opcode: 2, payload: new Uint8Array(MIB), fin: false }));
    await send(latin1("\0\x7f\0\0\0\0\x03\xf0\0\x01"));
    await source.readToEnd();
  };
  using client = await connectRawWebSocket(service.port);
  const frame = await within(client.source().readBytes(4), "The close frame");
  assertEquals([frame[0], frame[2]! << 8 | frame[3]!], [0x88, 1009]);
});

Deno.test("a client's messages without an end end its connection, not the service, nor the connection of an active client", async () => {
  const ended = Promise.withResolvers<void>();
  let first = true;
  script = async ({ source, send }) => {
    if (first) {
      first = false;
      for (;;) {
        if ((await source.readBytes(7)).length < 7) return;
        await send(frameBytes({ opcode: 2, payload: latin1("!") }));
      }
    }
    await source.readToEnd();
    ended.resolve();
  };
  using active = await connectRawWebSocket(service.port);
  const exchange = async () => {
    await active.send(frameBytes({ opcode: 2, payload: latin1("?"), mask: true }));
    assertEquals(fromLatin1(await within(active.source().readBytes(3), "An answer")), "\x82\x01!");
  };
  await exchange();
  using endless = await connectRawWebSocket(service.port);
  const before = await residentMemory(service.pid);
  await endless.send(frameBytes({ opcode: 2, payload: new Uint8Array(0), fin: false, mask: true }));
  // Not so fast that this process has no time for the other client.
  const send = (bytes: Uint8Array) =>
    endless.send(bytes).then(() => new Promise<void>((resolve) => setTimeout(resolve, 5)));
  const endlessly = frameBytes({ opcode: 0, payload: new Uint8Array(MIB), fin: false, mask: true });
  let sent = 0;
  let over = false;
  const sending = (async () => {
    for (; sent < 400 * MIB; sent += MIB) await send(endlessly);
  })().catch(() => {}).finally(() => over = true);
  while (!over) {
    await exchange();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await sending;
  await within(ended.promise, "The end of the upstream's connection");
  assert(sent < 400 * MIB, `${sent / MIB} MiB were sent`);
  const growth = await residentMemory(service.pid) - before;
  assert(growth < GROWTH, `${growth / MIB} MiB`);
  await exchange();
  await assertServed();
});
