import { assert, assertEquals, assertRejects } from "@std/assert";
import { Connection } from "../../lib/upstream/connection.ts";
import { MessageBudget } from "../../lib/upstream/websocket/message_budget.ts";
import { closingAfter, WebSocketConnection } from "../../lib/upstream/websocket/websocket_connection.ts";
import { UpstreamTimeout, WebSocketViolation } from "../../lib/upstream/errors.ts";
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
      // Each of them takes longer than many events do.
      assertEquals(turns <= 4, true, `${turns} turns`);
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

/** Timers that run only when a test says so. */
function heldTimers() {
  const { setInterval, setTimeout, clearInterval, clearTimeout } = globalThis;
  const held = new Map<
    number,
    { readonly run: () => void; readonly ms: number; readonly once: boolean }
  >();
  let last = 0;
  const start = (once: boolean) => (run: () => void, ms: number) => {
    held.set(++last, { run, ms, once });
    return last;
  };
  const stop = (timer: number) => held.delete(timer);
  Object.assign(globalThis, {
    setInterval: start(false),
    setTimeout: start(true),
    clearInterval: stop,
    clearTimeout: stop,
  });
  return {
    /** How long each that runs waits, in milliseconds. */
    get times(): number[] {
      return [...held.values()].map(({ ms }) => ms);
    },
    /** Lets the time of those pass that wait so long. */
    pass(ms: number): void {
      for (const [timer, each] of held) {
        if (each.ms !== ms) continue;
        if (each.once) held.delete(timer);
        each.run();
      }
    },
    [Symbol.dispose]: () =>
      void Object.assign(globalThis, {
        setInterval,
        setTimeout,
        clearInterval,
        clearTimeout,
      }),
  };
}

/** How often a connection pings where a test is about something else, in milliseconds. */
const PING_MS = 60_000;

/** A WebSocket whose reads a test completes. */
function manualSocket() {
  const written: Uint8Array[] = [];
  const reads: PromiseWithResolvers<number | null>[] = [];
  let room = new Uint8Array(0);
  let closes = 0;
  const connection = new Connection({
    read(buffer) {
      room = buffer as typeof room;
      const read = Promise.withResolvers<number | null>();
      reads.push(read);
      return read.promise;
    },
    write(bytes) {
      written.push(bytes.slice());
      return Promise.resolve(bytes.length);
    },
    close() {
      closes++;
      reads.at(-1)?.reject(new Deno.errors.BadResource("closed"));
    },
  });
  return {
    socket: new WebSocketConnection(connection, {
      pingMs: PING_MS,
      budget: new MessageBudget(1024),
    }),
    written,
    get closes() {
      return closes;
    },
    get reads() {
      return reads.length;
    },
    /** Completes the pending read, and lets everybody notice it. */
    async arrive(bytes: readonly number[] | null | Error): Promise<void> {
      const read = reads.at(-1)!;
      if (bytes instanceof Error) read.reject(bytes);
      else if (bytes === null) read.resolve(null);
      else {
        room.set(bytes);
        read.resolve(bytes.length);
      }
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

const MESSAGE = [0x81, 1, 0x78];

Deno.test("WebSocketConnection gives a peer that must close two seconds of silence, and more while it sends", async () => {
  using timers = heldTimers();
  const silent = manualSocket();
  silent.socket.receive().catch(() => {});
  await silent.socket.close({ code: 1000, reason: "" });
  assertEquals(timers.times, [PING_MS, 2000]);
  timers.pass(2000);
  assertEquals([silent.closes, timers.times], [1, []]);

  const sends = manualSocket();
  let received = sends.socket.receive();
  await sends.socket.close({ code: 1001, reason: "" }, 60_001);
  for (let step = 0; step < 5; step++) {
    await sends.arrive(MESSAGE);
    await received;
    received = sends.socket.receive();
    timers.pass(2000);
    assertEquals(sends.closes, 0, `${step}`);
  }
  received.catch(() => {});
  timers.pass(2000);
  assertEquals([sends.closes, timers.times], [1, []]);
});

Deno.test("WebSocketConnection gives an upstream two seconds to end the connection after the closing handshake", async () => {
  using timers = heldTimers();
  const { socket, ...slow } = manualSocket();
  await socket.close({ code: 1000, reason: "" }, 500);
  assertEquals(timers.times, [PING_MS, 500]);
  const ended = socket.end();
  assertEquals(timers.times, [PING_MS, 2000]);
  await slow.arrive(MESSAGE);
  timers.pass(2000);
  await ended;
  assertEquals(timers.times, []);

  const quick = manualSocket();
  const end = quick.socket.end();
  await quick.arrive(null);
  await end;
  assertEquals([quick.closes, timers.times], [1, []]);
});

Deno.test("WebSocketConnection reports a peer that did not answer a ping as that, and a broken connection as it is", async () => {
  const broken = manualSocket();
  const failed = assertRejects(
    () => broken.socket.receive(),
    Deno.errors.ConnectionReset,
  );
  await broken.arrive(new Deno.errors.ConnectionReset("reset"));
  await failed;
  broken.socket.destroy();

  using timers = heldTimers();
  const lost = manualSocket();
  const silent = assertRejects(
    () => lost.socket.receive(),
    UpstreamTimeout,
    "did not answer a ping",
  );
  // Nothing is missed at first; then it is asked; then it is given up.
  const seen = [1, 2, 3].map(() => {
    timers.pass(PING_MS);
    return [lost.written.length, lost.closes];
  });
  assertEquals(seen, [[0, 0], [1, 0], [1, 1]]);
  await silent;
});

Deno.test("WebSocketConnection pings a peer again that has answered, however often", async () => {
  using timers = heldTimers();
  const { socket, written, ...peer } = manualSocket();
  const received = socket.receive();
  timers.pass(PING_MS);
  for (let times = 1; times < 4; times++) {
    timers.pass(PING_MS);
    assertEquals(written.length, times);
    await peer.arrive([0x8a, 0]);
    timers.pass(PING_MS);
  }
  socket.destroy();
  await received.catch(() => {});
});

Deno.test("WebSocketConnection writes at once what is sent while nothing waits, and the rest in order", async () => {
  const gates: PromiseWithResolvers<void>[] = [];
  const { connection, written } = connectionWith([], () => {
    gates.push(Promise.withResolvers());
    return gates.at(-1)!.promise;
  });
  const socket = new WebSocketConnection(connection, {
    pingMs: PING_MS,
    budget: new MessageBudget(1024),
  });
  const send = (byte: number) => socket.send([{ text: false, bytes: Uint8Array.of(byte) }]);
  for (let round = 0; round < 3; round++) {
    const sent = [send(1), send(2)];
    assertEquals(written.length, 1, `round ${round}`);
    gates.shift()!.resolve();
    await sent[0];
    await new Promise((resolve) => setImmediate(resolve));
    assertEquals(written.length, 2);
    gates.shift()!.resolve();
    await sent[1];
    await new Promise((resolve) => setImmediate(resolve));
    const { events } = decodeOwn(written.splice(0), {
      role: "server",
      messageLimit: 1024,
    });
    assertEquals(events, ["binary 01", "binary 02"]);
  }
  socket.destroy();
});

Deno.test("WebSocketConnection fails only the sender whose write fails", async () => {
  let writes = 0;
  const { connection, written } = connectionWith(
    [],
    () => ++writes === 1 ? Promise.reject(new Deno.errors.BrokenPipe("broken")) : Promise.resolve(),
  );
  const socket = new WebSocketConnection(connection, {
    pingMs: PING_MS,
    budget: new MessageBudget(1024),
  });
  const send = () => socket.send([{ text: false, bytes: Uint8Array.of(1) }]);
  const failed = assertRejects(send, Deno.errors.BrokenPipe);
  await send();
  await failed;
  assertEquals(written.length, 2);
  socket.destroy();
});

Deno.test("WebSocketConnection answers 64 pings that wait, each by itself, and of one more the first and the last", async () => {
  for (const [count, answered] of [[64, 64], [65, 2]] as const) {
    const first = Promise.withResolvers<void>();
    const pings = Array.from({ length: count }, (_, index) => [0x89, 1, index])
      .flat();
    const { connection, written } = connectionWith(
      [...pings, ...MESSAGE],
      () => first.promise,
    );
    const socket = new WebSocketConnection(connection, {
      pingMs: PING_MS,
      budget: new MessageBudget(1024),
    });
    const sent = socket.send([{ text: true, bytes: new Uint8Array(1) }]);
    await within(socket.receive(), "The message after the pings");
    first.resolve();
    await sent;
    await new Promise((resolve) => setImmediate(resolve));
    // The answers are written together.
    assertEquals(written.length, 2);
    const { events } = decodeOwn(written, {
      role: "server",
      messageLimit: 1024,
    });
    assertEquals([events.length - 1, events[1], events.at(-1)], [
      answered,
      "pong 00",
      `pong ${(count - 1).toString(16)}`,
    ]);
    socket.destroy();
  }
});

Deno.test("WebSocketConnection answers no ping after its close frame", async () => {
  const { socket, written, ...peer } = manualSocket();
  const received = socket.receive();
  await peer.arrive([0x89, 0]);
  await socket.close({ code: 1000, reason: "" });
  await peer.arrive([0x89, 0, ...MESSAGE]);
  assertEquals(await received, {
    message: { text: true, bytes: Uint8Array.of(0x78) },
  });
  socket.destroy();
  const { events } = decodeOwn(written, { role: "server", messageLimit: 1024 });
  assertEquals([events, written.length], [["pong ", "close 1000 "], 2]);
});

Deno.test("WebSocketConnection takes a message of 64 MiB, and none that is longer", async () => {
  const head = (low: number) => Uint8Array.of(0x82, 127, 0, 0, 0, 0, 4, 0, 0, low);
  for (const low of [0, 1]) {
    const connection = new Connection(new FakeSocket([head(low)]));
    const socket = new WebSocketConnection(connection, {
      pingMs: PING_MS,
      budget: new MessageBudget(1024),
    });
    if (low === 0) assertEquals(await socket.receive(), undefined);
    else {assertEquals(
        (await assertRejects(() => socket.receive(), WebSocketViolation)).code,
        1009,
      );}
    socket.destroy();
  }
});

Deno.test("WebSocketConnection writes messages together up to 64 KiB with the room for their heads, and longer ones in parts", async () => {
  const [half, whole] = [32 * 1024 - 14, 64 * 1024 - 14];
  // How long messages are that are sent together, and how long each write is.
  const cases: [lengths: number[], writes: number[]][] = [
    [[10, 20, 30], [3 * 6 + 60]],
    [[half, half], [2 * 8 + 2 * half]],
    [[half, half + 1], [8 + half, 8 + half + 1]],
    [[10, half, half, 20], [6 + 10 + 8 + half, 8 + half + 6 + 20]],
    [[whole], [8 + whole]],
    [[whole + 1], [8, whole + 1]],
    [[10, 70_000, 20, 30], [6 + 10, 14, 65_536, 70_000 - 65_536, 2 * 6 + 50]],
  ];
  for (const [lengths, writes] of cases) {
    const { connection, written } = connectionWith([]);
    const socket = new WebSocketConnection(connection, {
      pingMs: PING_MS,
      budget: new MessageBudget(1024),
    });
    await socket.send(lengths.map((length, at) => ({
      text: at % 2 === 0,
      bytes: new Uint8Array(length).fill(0x61 + at),
    })));
    socket.destroy();
    assertEquals(written.map(({ length }) => length), writes);
    const { events, violation } = decodeOwn(written, {
      role: "server",
      messageLimit: 70_000,
    });
    assertEquals(violation, undefined);
    const expected = lengths.map((length, at) =>
      `${at % 2 === 0 ? "text" : "binary"} ${(0x61 + at).toString(16).repeat(length)}`
    );
    assert(
      events.every((event, at) => event === expected[at]) &&
        events.length === expected.length,
    );
  }
});

Deno.test("WebSocketConnection answers each ping, also after others have been answered", async () => {
  const { socket, written, ...peer } = manualSocket();
  socket.receive().catch(() => {});
  for (let times = 1; times < 4; times++) {
    await peer.arrive([0x89, 1, times]);
    const { events } = decodeOwn(written, { role: "server", messageLimit: 1024 });
    assertEquals([written.length, events.at(-1)], [times, `pong 0${times}`]);
  }
  socket.destroy();
});

Deno.test("WebSocketConnection neither pings a peer nor takes it for silent while nobody reads what it sends", async () => {
  using timers = heldTimers();
  const { socket, written, ...peer } = manualSocket();
  const received = socket.receive();
  await peer.arrive(MESSAGE);
  await received;
  for (let look = 0; look < 5; look++) timers.pass(PING_MS);
  assertEquals([written.length, timers.times], [0, [PING_MS]]);
  // Three steps.
  await socket.close({ code: 1001, reason: "" }, 4001);
  const seen = [1, 2, 3].map(() => {
    timers.pass(2000);
    return timers.times.length;
  });
  assertEquals(seen, [2, 2, 0]);
});

Deno.test("WebSocketConnection drops what comes after the end, however much and in whichever pieces", async () => {
  for (const length of [1, 10_000, Infinity]) {
    let reads = 0;
    const connection = new Connection({
      read(buffer) {
        assert(buffer.length > 0, `no room for read ${reads}`);
        return Promise.resolve(++reads > 20 ? null : Math.min(length, buffer.length));
      },
      write: (bytes) => Promise.resolve(bytes.length),
      close() {},
    });
    const socket = new WebSocketConnection(connection, { pingMs: PING_MS, budget: new MessageBudget(1024) });
    await socket.end();
    assertEquals(reads, 21);
  }
});

Deno.test("WebSocketConnection frees a message's memory when it is told to, and that of one that is not complete when it ends", async () => {
  const MIB = 1024 * 1024;
  const half = new Uint8Array(MIB / 2);
  const budget = new MessageBudget(MIB);
  const parts = [{ opcode: 2, payload: half, fin: false }, { opcode: 0, payload: half }];
  const connection = new Connection(new FakeSocket([...parts, parts[0]!].map(frameBytes)));
  const socket = new WebSocketConnection(connection, { pingMs: PING_MS, budget });
  const received = await socket.receive();
  if (received === undefined || !("message" in received)) throw new Error("no message");
  const { buffer } = received.message.bytes;
  assertEquals([received.message.bytes.length, budget.take(1)], [MIB, false]);
  socket.freeMessage();
  assertEquals([buffer.detached, budget.take(1)], [true, false]);
  // The connection ends within the next message.
  assertEquals(await socket.receive(), undefined);
  assertEquals(budget.take(MIB), false);
  socket.destroy();
  socket.destroy();
  assertEquals([budget.take(MIB), budget.take(1)], [true, false]);
});
