import { assertEquals } from "@std/assert";
import { Connection } from "../../lib/upstream/connection.ts";
import { MessageBudget } from "../../lib/upstream/websocket/message_budget.ts";
import { WebSocketConnection } from "../../lib/upstream/websocket/websocket_connection.ts";
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
