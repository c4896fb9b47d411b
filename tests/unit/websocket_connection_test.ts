import { assertEquals } from "@std/assert";
import { Connection } from "../../lib/upstream/connection.ts";
import { MessageBudget } from "../../lib/upstream/websocket/message_budget.ts";
import { WebSocketConnection } from "../../lib/upstream/websocket/websocket_connection.ts";

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
