import { assert, assertEquals } from "@std/assert";
import { ClientSocket } from "../../lib/proxy/websocket/client_socket.ts";
import { MessageBudget } from "../../lib/upstream/websocket/message_budget.ts";
import { FakeRuntimeSocket } from "../support/fake_runtime_socket.ts";
import { FakeTime } from "../support/fake_time.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

type Test = (
  given: { readonly time: FakeTime; readonly socket: FakeRuntimeSocket; readonly client: ClientSocket },
) => Promise<void>;

function clientOf(socket: FakeRuntimeSocket, budget = new MessageBudget(0)): ClientSocket {
  return new ClientSocket(socket as unknown as WebSocket, { pingMs: 30_000, budget });
}

/** Runs a test with a client that is connected, unless it says otherwise. */
function test(
  name: string,
  run: Test,
  { isOpen = true, budget = new MessageBudget(8 * MIB) } = {},
): void {
  Deno.test(`ClientSocket ${name}`, async () => {
    using time = new FakeTime();
    const socket = new FakeRuntimeSocket();
    const client = clientOf(socket, budget);
    if (isOpen) socket.open();
    await run({ time, socket, client });
  });
}

/** What becomes of a promise without more time: its value, or "pending". */
async function stateOf<T>(time: FakeTime, promise: Promise<T>): Promise<T | "pending"> {
  let state: T | "pending" = "pending";
  promise.then((value) => state = value);
  await time.settle();
  return state;
}

async function isPending(time: FakeTime, promise: Promise<unknown>): Promise<boolean> {
  return await stateOf(time, promise.then(() => "over")) === "pending";
}

const binary = (length: number) => ({ text: false, bytes: new Uint8Array(length) });

test(
  "passes messages on in order, texts and bytes, those that have arrived together",
  async ({ time, socket, client }) => {
    assertEquals(socket.binaryType, "arraybuffer");
    const first = client.receive();
    assertEquals(await isPending(time, first), true);
    socket.receive("\ufeffé");
    socket.receive(3);
    assertEquals(await first, [
      { text: true, bytes: new Uint8Array([0xef, 0xbb, 0xbf, 0xc3, 0xa9]) },
      { text: false, bytes: new Uint8Array(3) },
    ]);
    socket.receive(4);
    assertEquals((await client.receive())?.length, 1);
    assertEquals(await isPending(time, client.receive()), true);
  },
  { budget: new MessageBudget(0) },
);

test("returns what has arrived before the end, and then nothing", async ({ socket, client }) => {
  socket.receive(1);
  socket.end();
  socket.receive(2);
  assertEquals((await client.receive())?.length, 1);
  assertEquals(await client.receive(), undefined);
});

test("stops reading at 128 KiB that wait, and reads on once those have been passed on", async ({ time, socket, client }) => {
  socket.receive(128 * KIB - 1);
  assertEquals(client.canSend, true);
  socket.receive(1);
  assertEquals([client.canSend, socket.loops], [false, 0]);
  await time.settle();
  assertEquals(client.canSend, true);
  assertEquals((await client.receive())?.length, 2);
  assertEquals(socket.loops, 0);
  const next = client.receive();
  await time.settle();
  assertEquals(socket.loops, 1);
  // What was passed on does not count any more.
  socket.receive(128 * KIB - 1);
  assertEquals([client.canSend, (await next)?.length], [true, 1]);
});

test("stops reading at 512 messages that wait, and reads on as soon as they are asked for", async ({ time, socket, client }) => {
  for (let count = 1; count < 512; count++) socket.receive(1);
  assertEquals(client.canSend, true);
  socket.receive(1);
  assertEquals(client.canSend, false);
  await time.settle();
  assertEquals(socket.loops, 0);
  assertEquals((await client.receive())?.length, 512);
  assertEquals(socket.loops, 1);
});

test("tells how a client has closed, with 1005 for a close frame without a code", async ({ time, socket, client }) => {
  assertEquals([client.hasEnded, await isPending(time, client.ended)], [false, true]);
  const waiting = client.receive();
  socket.end({ code: 1000, reason: "done", wasClean: true });
  assertEquals(client.closing, { code: 1000, reason: "done" });
  assertEquals([client.hasEnded, await waiting, await client.ended], [true, undefined, undefined]);
  const other = new FakeRuntimeSocket();
  const second = clientOf(other);
  other.end({ code: 1005, reason: "x", wasClean: true });
  assertEquals(second.closing, { code: 1005, reason: "" });
});

test("reports no close frame where the connection was lost", async ({ socket, client }) => {
  const waiting = client.receive();
  assertEquals(socket.fail(), false);
  assertEquals([client.hasEnded, await waiting], [true, undefined]);
  // The runtime may call it clean afterwards.
  socket.end({ code: 1000, wasClean: true });
  assertEquals(client.closing, undefined);
});

test("has lost a client whose connection ends without a close frame", async ({ socket, client }) => {
  socket.end({ code: 1000 });
  await client.ended;
  assertEquals(client.closing, undefined);
});

test("gives a connection three seconds to be established", async ({ time, socket, client }) => {
  await time.pass(2_999);
  assertEquals([await isPending(time, client.opened), client.hasEnded], [true, false]);
  await time.pass(1);
  assertEquals([await isPending(time, client.opened), client.hasEnded], [false, true]);
  assertEquals(socket.readyState, WebSocket.CLOSED);
}, { isOpen: false });

test(
  "waits for no timer once the connection is established, or has failed",
  async ({ time, socket, client }) => {
    assertEquals(time.running, 1);
    socket.open();
    await client.opened;
    assertEquals([time.running, client.hasEnded], [0, false]);
    const failed = new FakeRuntimeSocket();
    const second = clientOf(failed);
    assertEquals(time.running, 1);
    failed.fail();
    await second.opened;
    assertEquals(time.running, 0);
  },
  { isOpen: false },
);

test("ends a connection that is established only after its end", async ({ socket, client }) => {
  socket.fail();
  await client.ended;
  assertEquals(socket.readyState, WebSocket.CONNECTING);
  socket.open();
  assertEquals(socket.readyState, WebSocket.CLOSED);
}, { isOpen: false });

test("leaves neither a timer nor a stopped reading when it ends a connection", async ({ time, socket, client }) => {
  socket.receive(128 * KIB);
  await time.settle();
  assertEquals([time.running, socket.loops], [1, 0]);
  client.kill();
  assertEquals([client.hasEnded, socket.readyState], [true, WebSocket.CLOSED]);
  // The runtime sees the end only as it reads.
  assertEquals([time.running, socket.loops], [0, 1]);
  // Nor does a late frame begin a time of silence.
  await time.pass(30_000);
  const { refreshed } = socket;
  socket.frame();
  assertEquals(socket.refreshed, refreshed);
  // Once.
  socket.end();
  assertEquals(socket.loops, 1);
});

test("keeps how it ended first", async ({ time, socket, client }) => {
  socket.end({ code: 1000, reason: "", wasClean: true });
  socket.end({ code: 1001, reason: "", wasClean: true });
  assertEquals(client.closing?.code, 1000);
  await time.settle();
  assertEquals(time.running, 0);
});

test("halves what has arrived every five seconds", async ({ time, socket, client }) => {
  assertEquals([client.received, client.lastMessage], [0, -Infinity]);
  socket.receive(1000);
  assertEquals([client.received, client.lastMessage], [1000, time.now]);
  const { now } = time;
  await time.pass(5_000);
  assertEquals([client.received, client.lastMessage], [500, now]);
  await time.pass(5_000);
  assertEquals(client.received, 250);
  socket.receive("abc");
  assertEquals([client.received, client.lastMessage], [253, time.now]);
});

test("sends a text as it is, with its byte order mark, and replaces what is not UTF-8", ({ socket, client }) => {
  assertEquals(
    client.send({ text: true, bytes: new TextEncoder().encode("\ufeffé") }),
    undefined,
  );
  assertEquals(
    client.send({ text: true, bytes: Uint8Array.of(0x61, 0xff, 0x62) }),
    undefined,
  );
  assertEquals(client.send(binary(5)), undefined);
  assertEquals(socket.sent, ["\ufeffé", "a\ufffdb", 5]);
  assertEquals(client.unsent, socket.unsent);
  return Promise.resolve();
});

test("drops what is sent to a client that has left", ({ socket, client }) => {
  socket.readyState = WebSocket.CLOSING;
  assertEquals([client.send(binary(1)), client.send(binary(MIB))], [undefined, undefined]);
  assertEquals(socket.sent, []);
  return Promise.resolve();
});

test("waits above 512 KiB until half of that is left", async ({ time, socket, client }) => {
  assertEquals(client.send(binary(512 * KIB)), undefined);
  const taken = client.send(binary(1))!;
  await time.pass(1_000);
  socket.unsent = 256 * KIB + 1;
  await time.pass(1_000);
  assertEquals(await isPending(time, taken), true);
  socket.unsent = 256 * KIB;
  await time.pass(64);
  assertEquals(await isPending(time, taken), false);
  assertEquals(time.running, 0);
});

test("looks at what was taken for four turns, and then after pauses that double up to 64 ms", async ({ time, socket, client }) => {
  time.started.length = 0;
  const taken = client.send(binary(MIB))!;
  await time.settle();
  assertEquals([time.turns, time.started], [4, [1]]);
  await time.pass(1 + 2 + 4 + 8 + 16 + 32 + 64);
  assertEquals(time.started, [1, 2, 4, 8, 16, 32, 64, 64]);
  socket.unsent = 0;
  await time.pass(64);
  await taken;
});

test("looks no more once the client has taken it within a turn", async ({ time, socket, client }) => {
  time.started.length = 0;
  const taken = client.send(binary(MIB))!;
  socket.unsent = 256 * KIB;
  await time.settle();
  await taken;
  assertEquals([time.turns, time.started], [1, []]);
});

test("waits for nobody once the connection has ended", async ({ time, socket, client }) => {
  const taken = client.send(binary(MIB))!;
  await time.pass(100);
  socket.end();
  await time.pass(64);
  await taken;
});

test("lets 256 messages follow each other again once all were taken", ({ time, socket, client }) => {
  for (let round = 0; round < 3; round++) {
    for (let count = 1; count < 256; count++) {
      assertEquals(client.send(binary(1)), undefined);
    }
    socket.unsent = 0;
  }
  for (let count = 1; count < 256; count++) {
    assertEquals(client.send(binary(1)), undefined);
  }
  assert(client.send(binary(1)) !== undefined);
  socket.unsent = 0;
  return time.pass(1);
});

test("counts messages from zero after an empty one, which may be in their way", async ({ time, socket, client }) => {
  for (let count = 1; count < 256; count++) {
    assertEquals(client.send(binary(1)), undefined);
  }
  assertEquals(client.send(binary(0)), undefined);
  for (let count = 1; count < 256; count++) {
    assertEquals(client.send(binary(1)), undefined);
  }
  const taken = client.send(binary(1))!;
  socket.unsent = 0;
  await time.pass(1);
  await taken;
});

test("sends 8192 empty messages, and more of them each after 100 ms, until a longer one was taken", async ({ time, socket, client }) => {
  for (let count = 0; count < 8192; count++) {
    assertEquals(client.send(binary(0)), undefined);
  }
  for (let count = 0; count < 2; count++) {
    const pause = client.send(binary(0))!;
    await time.pass(99);
    assertEquals(await isPending(time, pause), true);
    await time.pass(1);
    assertEquals(await isPending(time, pause), false);
  }
  assertEquals(client.send(binary(1)), undefined);
  socket.unsent = 0;
  for (let count = 0; count < 8192; count++) {
    assertEquals(client.send(binary(0)), undefined);
  }
  const pause = client.send(binary(0))!;
  await time.pass(100);
  await pause;
});

test("sends a close frame after what was sent before, and gives the client ten seconds to answer", async ({ time, socket, client }) => {
  client.send(binary(100));
  const closed = client.close({ code: 1001, reason: "bye" });
  assertEquals(client.send(binary(1)), undefined);
  await time.pass(5_000);
  assertEquals([socket.sent, socket.closings], [[100], []]);
  // To the last byte.
  socket.unsent = 1;
  await time.pass(1_000);
  assertEquals(socket.closings, []);
  socket.unsent = 0;
  await time.pass(64);
  assertEquals(socket.closings, [[1001, "bye"]]);
  await time.pass(9_900);
  assertEquals([client.hasEnded, await isPending(time, closed)], [false, true]);
  await time.pass(100);
  assertEquals([client.hasEnded, await isPending(time, closed)], [true, false]);
  assertEquals(time.running, 0);
});

test("sends a close frame to a client that takes nothing for ten seconds, and not before", async ({ time, socket, client }) => {
  client.send(binary(100));
  void client.close({ code: 1001, reason: "" });
  await time.pass(9_000);
  // It takes something: the ten seconds begin again.
  socket.unsent = 50;
  await time.pass(9_900);
  assertEquals(socket.closings, []);
  await time.pass(300);
  assertEquals(socket.closings, [[1001, ""]]);
  socket.end();
  await time.settle();
  assertEquals(time.running, 0);
});

test("waits ten seconds for the answer to a close frame, and no longer", async ({ time, client }) => {
  const closed = client.close({ code: 1000, reason: "" });
  await time.pass(9_999);
  assertEquals([client.hasEnded, await isPending(time, closed)], [false, true]);
  await time.pass(1);
  assertEquals([client.hasEnded, await isPending(time, closed)], [true, false]);
});

test("sees what is unsent before it closes even where its reading is just being stopped", async ({ time, socket, client }) => {
  client.send(binary(100));
  socket.receive(128 * KIB);
  assertEquals([client.canSend, client.unsent], [false, 0]);
  void client.close({ code: 1000, reason: "" });
  await time.pass(1_000);
  assertEquals(socket.closings, []);
  socket.unsent = 0;
  await time.pass(64);
  assertEquals(socket.closings, [[1000, ""]]);
  socket.end();
  await time.settle();
});

test("stops to wait when the client has answered its close frame", async ({ time, socket, client }) => {
  const closed = client.close({ code: 1000, reason: "" });
  await time.settle();
  assertEquals(time.running, 1);
  socket.end({ code: 1000, wasClean: true });
  await closed;
  assertEquals(time.running, 0);
});

test("sends a close frame without a code for 1005, and cuts a reason that is too long", async ({ time, socket, client }) => {
  void client.cut({ code: 1005, reason: "none" });
  await time.settle();
  assertEquals(socket.closings, [[]]);
  socket.end();
  const other = new FakeRuntimeSocket();
  const second = clientOf(other);
  other.open();
  void second.cut({ code: 1008, reason: "é".repeat(100) });
  await time.settle();
  assertEquals(other.closings, [[1008, "é".repeat(61)]]);
  other.end();
  await time.settle();
});

test("cuts a client off at once, whatever it has taken, and gives it two seconds to answer", async ({ time, socket, client }) => {
  client.send(binary(MIB));
  socket.receive(128 * KIB);
  const cut = client.cut({ code: 1008, reason: "" });
  assertEquals(client.send(binary(1)), undefined);
  await time.settle();
  assertEquals([socket.closings, socket.sent.length], [[[1008, ""]], 1]);
  // A paused connection would not see the answer; the state is that in which the runtime reads on.
  assertEquals([socket.loops, socket.readyState], [1, 4]);
  await time.pass(1_900);
  assertEquals([client.hasEnded, await isPending(time, cut)], [false, true]);
  await time.pass(100);
  assertEquals([client.hasEnded, await isPending(time, cut)], [true, false]);
  await time.pass(64);
  assertEquals(time.running, 0);
});

test("sends nothing before the close frame of a client that is cut off while its reading is being stopped", async ({ time, socket, client }) => {
  socket.receive(128 * KIB);
  const sent = client.pause().then(() => client.send(binary(1)));
  void client.cut({ code: 1008, reason: "" });
  assertEquals(socket.closings, []);
  await time.settle();
  assertEquals([await sent, socket.sent, socket.closings], [undefined, [], [[1008, ""]]]);
  socket.end();
  await time.settle();
});

test("sends no second close frame", async ({ time, socket, client }) => {
  void client.cut({ code: 1008, reason: "" });
  void client.cut({ code: 1001, reason: "" });
  await time.settle();
  assertEquals(socket.closings, [[1008, ""]]);
  socket.end();
  await time.settle();
});

test("drops what arrives after its close frame, but counts it as recent", async ({ time, socket, client }) => {
  void client.cut({ code: 1008, reason: "" });
  await time.settle();
  socket.receive(200 * KIB);
  assertEquals([client.received, client.canSend], [200 * KIB, true]);
  socket.end();
  assertEquals(await client.receive(), undefined);
});

test(
  "passes a message of 64 MiB on, and closes the connection with 1009 for a longer one",
  async ({ time, socket, client }) => {
    const LIMIT = 64 * MIB;
    socket.receive(LIMIT);
    assertEquals((await client.receive())?.map(({ bytes }) => bytes.length), [LIMIT]);
    socket.receive(LIMIT + 1);
    assertEquals(client.closing, { code: 1009, reason: `message over ${LIMIT} bytes` });
    // Nor is what follows it passed on, even before the close frame is sent.
    socket.receive(1);
    await time.settle();
    assertEquals(socket.closings, [[1009, `message over ${LIMIT} bytes`]]);
    socket.receive(1);
    // The answer does not count as the client's own way to close.
    socket.end({ code: 1000, wasClean: true });
    assertEquals([await client.receive(), client.closing?.code], [undefined, 1009]);
  },
  { budget: new MessageBudget(64 * MIB) },
);

const shared = new MessageBudget(2 * MIB);

/** Reports whether exactly so many bytes are left. */
function isLeft(bytes: number): boolean {
  if (shared.take(bytes + 1) || !shared.take(bytes)) return false;
  shared.give(bytes);
  return true;
}

test(
  "counts large messages until the next are asked for, and small ones never",
  async ({ time, socket, client }) => {
    socket.receive(MIB);
    socket.receive(256 * KIB);
    socket.receive(MIB - 1);
    assert(isLeft(1));
    assertEquals((await client.receive())?.length, 3);
    assert(isLeft(1));
    const next = client.receive();
    assert(isLeft(2 * MIB));
    socket.receive(MIB);
    await next;
    assert(isLeft(MIB));
    const last = client.receive();
    shared.take(2 * MIB);
    // There is none left for this one.
    socket.receive(256 * KIB + 1);
    shared.give(2 * MIB);
    assertEquals(client.closing, { code: 1013, reason: "too many large messages at once" });
    await time.settle();
    assertEquals(socket.closings, [[1013, "too many large messages at once"]]);
    socket.end();
    assertEquals([await last, await client.receive()], [undefined, undefined]);
    assert(isLeft(2 * MIB));
  },
  { budget: shared },
);

test("gives back what a last message took, once, when the end is asked for", async ({ socket, client }) => {
  socket.receive(MIB);
  socket.end();
  assertEquals((await client.receive())?.length, 1);
  assert(isLeft(MIB));
  for (let times = 0; times < 2; times++) {
    assertEquals(await client.receive(), undefined);
  }
  assert(isLeft(2 * MIB));
}, { budget: shared });

test("waits for the last byte before a 257th message", async ({ time, socket, client }) => {
  for (let count = 1; count < 256; count++) {
    assertEquals(client.send(binary(1)), undefined);
  }
  const taken = client.send(binary(1))!;
  socket.unsent = 1;
  await time.pass(1_000);
  assertEquals(await isPending(time, taken), true);
  socket.unsent = 0;
  await time.pass(64);
  assertEquals(await isPending(time, taken), false);
});
