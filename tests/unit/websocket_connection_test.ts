import { assertEquals } from "@std/assert";
import { Connection } from "../../lib/upstream/connection.ts";
import { MessageBudget } from "../../lib/upstream/websocket/message_budget.ts";
import { closingAfter, WebSocketConnection } from "../../lib/upstream/websocket/websocket_connection.ts";
import { WebSocketViolation } from "../../lib/upstream/errors.ts";
import { FakeSocket } from "../support/fake_socket.ts";
import { decodeOwn, frameBytes } from "../support/websocket_frames.ts";
import { within } from "../support/within.ts";

const frames = 1000;

for (
  const [name, bytes] of [
    // Pongs that nobody asked for, and a message.
    ["frames", [...Array.from({ length: frames }, () => [0x8a, 0]).flat(), 0x81, 1, 0x78]],
    ["empty fragments", [0x01, 0, ...Array.from({ length: frames }, () => [0, 0]).flat(), 0x80, 1, 0x78]],
  ] as const
) {
  Deno.test(`WebSocketConnection gives others a turn after some hundred ${name} that arrived together`, async () => {
    let reads = 0;
    const connection = new Connection({
      read(buffer) {
        if (reads++ > 0) return new Promise(() => {});
        buffer.set(bytes);
        return Promise.resolve(bytes.length);
      },
      write: (written) => Promise.resolve(written.length),
      close() {},
    });
    const budget = new MessageBudget(1024);
    const socket = new WebSocketConnection(connection, { pingMs: 60_000, budget });
    const original = globalThis.setImmediate;
    let turns = 0;
    Object.assign(globalThis, {
      setImmediate: (run: () => void) => {
        turns++;
        return original(run);
      },
    });
    try {
      const received = await socket.receive();
      assertEquals(received && "message" in received && [...received.message.bytes], [0x78]);
      assertEquals(turns >= 3, true, `${turns} turns`);
    } finally {
      Object.assign(globalThis, { setImmediate: original });
      socket.destroy();
    }
  });
}

Deno.test("WebSocketConnection sends an empty, masked ping after silence, and gives up a peer that does not answer it", async () => {
  const closed = Promise.withResolvers<number | null>();
  const written: Uint8Array[] = [];
  const connection = new Connection({
    read: () => closed.promise,
    write(bytes) {
      written.push(bytes.slice());
      return Promise.resolve(bytes.length);
    },
    close: () => closed.resolve(null),
  });
  const socket = new WebSocketConnection(connection, { pingMs: 20, budget: new MessageBudget(1024) });
  assertEquals(await within(socket.receive(), "The peer's loss"), undefined);
  assertEquals(written.map((frame) => [frame.length, ...frame.subarray(0, 2)]), [[6, 0x89, 0x80]]);
});

Deno.test("WebSocketConnection begins with what arrived together with the head of the 101", async () => {
  let reads = 0;
  const connection = new Connection({
    read(buffer) {
      if (reads++ > 0) return new Promise(() => {});
      buffer.set([0x81, 1, 0x78]);
      return Promise.resolve(3);
    },
    write: (written) => Promise.resolve(written.length),
    close() {},
  });
  await connection.fill();
  const socket = new WebSocketConnection(connection, { pingMs: 60_000, budget: new MessageBudget(1024) });
  const received = await within(socket.receive(), "The first message");
  assertEquals([received && "message" in received && [...received.message.bytes], reads], [[0x78], 1]);
  socket.destroy();
});

Deno.test("WebSocketConnection reads on after its close frame while the peer sends, but not for ever", async () => {
  let closed = false;
  const connection = new Connection({
    async read(buffer) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (closed) return null;
      buffer.set([0x81, 1, 0x78]);
      return 3;
    },
    write: (bytes) => Promise.resolve(bytes.length),
    close: () => closed = true,
  });
  const socket = new WebSocketConnection(connection, { pingMs: 60_000, budget: new MessageBudget(1024) });
  await socket.close({ code: 1001, reason: "" }, 60);
  const began = performance.now();
  let messages = 0;
  while (await socket.receive() !== undefined) messages++;
  const took = performance.now() - began;
  assertEquals([messages > 1, took > 40, took < 1000], [true, true, true], `${messages} in ${took} ms`);
});

/** A connection that has `bytes` to read and then nothing more, and what is written on it, one at a time if a test lets it. */
function connectionWith(bytes: readonly number[], write: () => Promise<void> = () => Promise.resolve()) {
  const written: Uint8Array[] = [];
  let reads = 0;
  const closed = Promise.withResolvers<null>();
  const connection = new Connection({
    read(buffer) {
      if (reads++ > 0 || bytes.length === 0) return closed.promise;
      buffer.set(bytes);
      return Promise.resolve(bytes.length);
    },
    async write(each) {
      written.push(each.slice());
      await write();
      return each.length;
    },
    close: () => closed.resolve(null),
  });
  return { connection, written };
}

Deno.test("WebSocketConnection answers the last ping of many that came while nothing could be written", async () => {
  const first = Promise.withResolvers<void>();
  const pings = Array.from({ length: 200 }, (_, index) => [0x89, 1, index]).flat();
  const { connection, written } = connectionWith([...pings, 0x81, 1, 0x78], () => first.promise);
  const socket = new WebSocketConnection(connection, { pingMs: 60_000, budget: new MessageBudget(1024) });
  // Occupies the connection.
  const sent = socket.send([{ text: true, bytes: new Uint8Array(1) }]);
  await within(socket.receive(), "The message after the pings");
  first.resolve();
  await sent;
  while (written.length < 2) await new Promise((resolve) => setTimeout(resolve));
  const { events } = decodeOwn(written, { role: "server", messageLimit: 1024 });
  assertEquals([events[0], events[1], events.at(-1)], ["text 00", "pong 00", "pong c7"]);
  assertEquals(events.length <= 1 + 64, true, `${events.length - 1} pongs`);
  socket.destroy();
});

Deno.test("WebSocketConnection writes a large message in parts, none of which is empty", async () => {
  for (const length of [64 * 1024, 128 * 1024, 128 * 1024 + 1]) {
    const { connection, written } = connectionWith([]);
    const socket = new WebSocketConnection(connection, { pingMs: 60_000, budget: new MessageBudget(1024) });
    await socket.send([{ text: false, bytes: new Uint8Array(length).fill(0x78) }]);
    socket.destroy();
    assertEquals(written.filter((each) => each.length === 0), []);
    const { events, violation } = decodeOwn(written, { role: "server", messageLimit: length });
    assertEquals([events.length, events[0] === `binary ${"78".repeat(length)}`, violation], [
      1,
      true,
      undefined,
    ]);
  }
});

Deno.test("WebSocketConnection takes what it has written since the last look for a sign of life, and pings after real silence", async () => {
  const original = globalThis.setInterval;
  let tick = () => {};
  Object.assign(globalThis, {
    setInterval: (run: () => void) => {
      tick = run;
      return original(() => {}, 60_000);
    },
  });
  const { connection, written } = connectionWith([]);
  const socket = new WebSocketConnection(connection, { pingMs: 1, budget: new MessageBudget(1024) });
  Object.assign(globalThis, { setInterval: original });
  const received = socket.receive();
  for (let look = 0; look < 3; look++) {
    tick();
    await socket.send([{ text: true, bytes: new Uint8Array(1) }]);
  }
  assertEquals(written.map(([head]) => head), [0x81, 0x81, 0x81]);
  tick();
  tick();
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(written.map(([head]) => head), [0x81, 0x81, 0x81, 0x89]);
  socket.destroy();
  assertEquals(await within(received, "The end"), undefined);
});

Deno.test("WebSocketConnection drops what comes after the end, and closes the connection once the upstream has, or breaks off", async () => {
  for (const last of ["end", "error"]) {
    let reads = 0;
    let closes = 0;
    const connection = new Connection({
      read(buffer) {
        if (++reads < 3) return Promise.resolve(buffer.length);
        return last === "end" ? Promise.resolve(null) : Promise.reject(new Error("It broke"));
      },
      write: (bytes) => Promise.resolve(bytes.length),
      close: () => closes++,
    });
    const socket = new WebSocketConnection(connection, { pingMs: 60_000, budget: new MessageBudget(1024) });
    await socket.close({ code: 1000, reason: "" });
    await socket.end();
    assertEquals([reads, closes], [3, 1], last);
    socket.destroy();
    assertEquals(closes, 1);
  }
});

Deno.test("WebSocketConnection ends when the time for closing is over, and not a step later", async () => {
  const original = globalThis.setInterval;
  const ticks: (() => void)[] = [];
  Object.assign(globalThis, {
    setInterval: (run: () => void) => {
      ticks.push(run);
      return original(() => {}, 60_000);
    },
  });
  let closes = 0;
  const connection = new Connection({
    read: () => new Promise(() => {}),
    write: (bytes) => Promise.resolve(bytes.length),
    close: () => closes++,
  });
  try {
    const socket = new WebSocketConnection(connection, { pingMs: 60_000, budget: new MessageBudget(1024) });
    // Three steps of two seconds. Nobody reads, so nobody knows that the peer is silent.
    await socket.close({ code: 1001, reason: "" }, 6_000);
    const seen = [1, 2, 3].map(() => {
      ticks[1]!();
      return closes;
    });
    assertEquals(seen, [0, 0, 1]);
  } finally {
    Object.assign(globalThis, { setInterval: original });
  }
});

Deno.test("WebSocketConnection sends nothing after its close frame, not even another one", async () => {
  const { connection, written } = connectionWith([]);
  const socket = new WebSocketConnection(connection, { pingMs: 60_000, budget: new MessageBudget(1024) });
  await socket.close({ code: 1000, reason: "" });
  await socket.close({ code: 1001, reason: "" });
  await socket.send([{ text: true, bytes: new Uint8Array(1) }]);
  socket.destroy();
  assertEquals(written.length, 1);
  assertEquals(
    decodeOwn(written, { role: "server", messageLimit: 1024 }).events,
    ["close 1000 "],
  );
});

Deno.test("WebSocketConnection sends no close frame once it is destroyed", async () => {
  const { connection, written } = connectionWith([]);
  const socket = new WebSocketConnection(connection, { pingMs: 60_000, budget: new MessageBudget(1024) });
  socket.destroy();
  await socket.close({ code: 1000, reason: "" });
  assertEquals(written, []);
});

Deno.test("WebSocketConnection begins with the first byte of a frame, if no more came with the head of the 101", async () => {
  const connection = new Connection(
    new FakeSocket([[0x81], [1, 0x78]].map((piece) => Uint8Array.from(piece))),
  );
  await connection.fill();
  const socket = new WebSocketConnection(connection, { pingMs: 60_000, budget: new MessageBudget(1024) });
  const received = await within(socket.receive(), "The first message");
  assertEquals(received && "message" in received && [...received.message.bytes], [0x78]);
  socket.destroy();
});

Deno.test("WebSocketConnection gives back the memory of a large message with the next call", async () => {
  const MIB = 1024 * 1024;
  const large = frameBytes({ opcode: 2, payload: new Uint8Array(MIB) });
  const connection = new Connection(new FakeSocket([large, large, large]));
  const socket = new WebSocketConnection(connection, { pingMs: 60_000, budget: new MessageBudget(MIB) });
  for (let count = 0; count < 3; count++) {
    const received = await socket.receive();
    assertEquals(received && "message" in received && received.message.bytes.length, MIB);
  }
  socket.destroy();
});

Deno.test("WebSocketConnection neither pings nor gives up a peer that sends, and pings no more once it is destroyed", async () => {
  const original = globalThis.setInterval;
  const { clearInterval } = globalThis;
  let tick = () => {};
  let runs = true;
  Object.assign(globalThis, {
    setInterval: (run: () => void) => {
      tick = run;
      return -1;
    },
    clearInterval: (id: number) => id === -1 ? runs = false : clearInterval(id),
  });
  try {
    const written: Uint8Array[] = [];
    let arrive = (_frame: Uint8Array) => {};
    const connection = new Connection({
      read: (buffer) =>
        new Promise((resolve) => {
          arrive = (frame) => {
            buffer.set(frame);
            resolve(frame.length);
          };
        }),
      write(bytes) {
        written.push(bytes.slice());
        return Promise.resolve(bytes.length);
      },
      close() {},
    });
    const socket = new WebSocketConnection(connection, { pingMs: 1, budget: new MessageBudget(1024) });
    let received = socket.receive();
    for (let look = 0; look < 4; look++) {
      arrive(Uint8Array.of(0x81, 1, 0x78));
      assertEquals(await received, { message: { text: true, bytes: Uint8Array.of(0x78) } });
      received = socket.receive();
      tick();
    }
    assertEquals([written.length, runs], [0, true]);
    socket.destroy();
    assertEquals(runs, false);
  } finally {
    Object.assign(globalThis, { setInterval: original, clearInterval });
  }
});

Deno.test("closingAfter() names what a peer did wrong, and says nothing of other errors", () => {
  const violation = new WebSocketViolation(1002, "reserved bit");
  assertEquals(closingAfter(violation), { code: 1002, reason: "reserved bit" });
  assertEquals(closingAfter(new Error("a secret")), { code: 1011, reason: "" });
});
