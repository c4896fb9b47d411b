import { assertEquals } from "@std/assert";
import { ClientSocket } from "../../lib/proxy/websocket/client_socket.ts";
import { MessageBudget } from "../../lib/upstream/websocket/message_budget.ts";
import { join } from "../support/bytes.ts";
import { connectRawWebSocket } from "../support/websocket_client.ts";
import { frameBytes } from "../support/websocket_frames.ts";
import { within } from "../support/within.ts";

const MIB = 1024 * 1024;
const OPTIONS = { pingMs: 30_000, budget: new MessageBudget(8 * MIB) };

/**
 * Connects a client to a service.
 *
 * @param onAccepted Called with the service's side, once it has its own listeners.
 */
async function connect(
  onAccepted: (client: ClientSocket, socket: WebSocket) => void = () => {},
  options = OPTIONS,
) {
  const accepted = Promise.withResolvers<ClientSocket>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    const client = new ClientSocket(socket, options);
    onAccepted(client, socket);
    accepted.resolve(client);
    return response;
  });
  const raw = await connectRawWebSocket(server.addr.port);
  return {
    raw,
    client: await accepted.promise,
    async [Symbol.asyncDispose]() {
      raw[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

Deno.test("ClientSocket reads no more while as much as may wait is being passed on", async () => {
  let arrived = 0;
  await using connection = await connect((_, socket) => {
    socket.addEventListener("message", () => arrived++);
  });
  const { raw, client } = connection;
  assertEquals([client.received, client.lastMessage], [0, -Infinity]);
  const began = performance.now();
  for (let count = 0; count < 4; count++) {
    await raw.send(frameBytes({ opcode: 2, payload: new Uint8Array(128 * 1024), mask: true }));
  }
  try {
    for (let count = 1; count <= 4; count++) {
      const messages = await within(client.receive(), "A message");
      await new Promise((resolve) => setTimeout(resolve, 50));
      assertEquals([messages?.length, arrived], [1, count]);
    }
    // Half of it is forgotten after five seconds.
    const took = performance.now() - began;
    assertEquals(client.lastMessage > began && client.lastMessage < began + took, true);
    assertEquals(client.received <= 512 * 1024, true);
    assertEquals(client.received >= 512 * 1024 * 2 ** (-took / 5000) - 1, true, `${client.received} bytes`);
  } finally {
    client.kill();
    await client.ended;
  }
});

Deno.test("ClientSocket sends empty messages, which nobody can see taken, at a limited pace above some thousands", async () => {
  await using connection = await connect();
  const { client } = connection;
  const empty = { text: false, bytes: new Uint8Array(0) };
  try {
    await client.opened;
    for (let count = 0; count < 8192; count++) await client.send(empty);
    const began = performance.now();
    await client.send(empty);
    assertEquals(performance.now() - began > 90, true);
  } finally {
    client.kill();
    await client.ended;
  }
});

Deno.test("ClientSocket sends 256 messages before all of them must have been taken, however short they are", async () => {
  await using connection = await connect();
  const { client } = connection;
  const short = { text: false, bytes: new Uint8Array(1) };
  await client.opened;
  // At once, so that none of them can be taken meanwhile.
  const waits = Array.from({ length: 256 }, () => client.send(short));
  assertEquals(waits.findIndex((wait) => wait !== undefined), 255);
  await waits[255];
  assertEquals(client.unsent, 0);
  client.kill();
  await client.ended;
});

Deno.test("ClientSocket sends a close frame even where its reading is just being stopped", async () => {
  const closed = Promise.withResolvers<void>();
  await using connection = await connect((client, socket) => {
    // After the client's own listener, which stops the reading.
    socket.addEventListener("message", () => {
      assertEquals(client.canSend, false);
      client.close({ code: 1008, reason: "" }).then(closed.resolve, closed.reject);
    });
  });
  const { raw } = connection;
  await raw.send(frameBytes({ opcode: 2, payload: new Uint8Array(128 * 1024), mask: true }));
  const closing = new Uint8Array([0x03, 0xf0]);
  assertEquals(
    await within(raw.source().readBytes(4), "The close frame"),
    new Uint8Array([0x88, 2, ...closing]),
  );
  await raw.send(frameBytes({ opcode: 8, payload: closing, mask: true }));
  await within(closed.promise, "The end of the connection");
});

Deno.test("ClientSocket closes a connection only once a client that is slow has taken what was sent before", async () => {
  let socket: WebSocket | undefined;
  await using connection = await connect((_, accepted) => void (socket = accepted));
  const { raw, client } = connection;
  await client.opened;
  // More than the kernel holds for it.
  const COUNT = 16;
  const frame = frameBytes({ opcode: 2, payload: new Uint8Array(MIB) });
  for (let count = 0; count < COUNT; count++) void client.send({ text: false, bytes: new Uint8Array(MIB) });
  let isClosed = false;
  const closed = client.close({ code: 1000, reason: "" }).then(() => isClosed = true);
  await new Promise((resolve) => setTimeout(resolve, 200));
  // The process may end once it is; and once it is closing, the client has only so much time left.
  assertEquals([isClosed, socket?.readyState], [false, WebSocket.OPEN]);
  const source = raw.source();
  for (let count = 0; count < COUNT; count++) {
    assertEquals((await within(source.readBytes(frame.length), "A message")).length, frame.length);
  }
  assertEquals([...await within(source.readBytes(4), "The close frame")], [0x88, 2, 1000 >> 8, 1000 & 0xff]);
  await raw.send(frameBytes({ opcode: 8, payload: new Uint8Array(0), mask: true }));
  await within(closed, "The end of the connection");
});

Deno.test("ClientSocket closes a connection with 1013 whose large message exceeds the budget, and passes a small one on", async () => {
  const budget = new MessageBudget(MIB);
  await using connection = await connect(undefined, { ...OPTIONS, budget });
  const { raw, client } = connection;
  const send = (length: number) =>
    raw.send(frameBytes({ opcode: 2, payload: new Uint8Array(length), mask: true }));
  await send(MIB);
  const messages = await within(client.receive(), "A message within the budget");
  assertEquals(messages?.map(({ bytes }) => bytes.length), [MIB]);
  // It is given back with the next call.
  await send(10);
  assertEquals((await within(client.receive(), "A small message"))?.length, 1);
  // What follows it is not passed on.
  const [large, small] = [MIB + 1, 10].map((length) => {
    return frameBytes({ opcode: 2, payload: new Uint8Array(length), mask: true });
  });
  await raw.send(join([large!, small!]));
  const reason = "too many large messages at once";
  const head = [0x88, 2 + reason.length, 1013 >> 8, 1013 & 0xff];
  const frame = await within(raw.source().readBytes(head.length + reason.length), "The close frame");
  assertEquals([...frame], [...head, ...new TextEncoder().encode(reason)]);
  assertEquals(client.closing?.code, 1013);
  client.kill();
  await client.ended;
  // All that it took has been given back, and no more.
  for (let times = 0; times < 2; times++) assertEquals(await client.receive(), undefined);
  assertEquals([budget.take(MIB + 1), budget.take(MIB)], [false, true]);
});

Deno.test("ClientSocket does not wait for a client that reads fast, however much it sends", async () => {
  await using connection = await connect();
  const { raw, client } = connection;
  await client.opened;
  const source = raw.source();
  const reading = source.readToEnd();
  const original = globalThis.setTimeout;
  let pauses = 0;
  Object.assign(globalThis, {
    setTimeout: (run: () => void, wait: number) => {
      pauses++;
      return original(run, wait);
    },
  });
  let fewest = Infinity;
  try {
    // On a busy machine the reader, which is in the same process, may not have had its turn in any one of them.
    for (let tries = 0; tries < 8 && fewest >= 5; tries++) {
      pauses = 0;
      for (const [count, length] of [[8 * 1024, 1], [64, 64 * 1024], [4, MIB]] as const) {
        for (let sent = 0; sent < count; sent++) {
          await client.send({ text: false, bytes: new Uint8Array(length) });
        }
      }
      fewest = Math.min(fewest, pauses);
    }
  } finally {
    Object.assign(globalThis, { setTimeout: original });
    client.kill();
    await client.ended;
  }
  await reading;
  // Now and then it has not had its turn.
  assertEquals(fewest < 5, true, `${fewest} pauses`);
});

Deno.test("ClientSocket sends nothing more once it is cut, whatever waited for its turn", async () => {
  await using connection = await connect((client, socket) => {
    // After the client's own listener, which stops the reading.
    socket.addEventListener("message", () => {
      assertEquals(client.canSend, false);
      client.pause().then(() => client.send({ text: true, bytes: new Uint8Array(1) }));
      client.cut({ code: 1008, reason: "" });
    });
  });
  const { raw } = connection;
  await raw.send(frameBytes({ opcode: 2, payload: new Uint8Array(128 * 1024), mask: true }));
  const source = raw.source();
  assertEquals(
    await within(source.readBytes(4), "The close frame"),
    Uint8Array.of(0x88, 2, 0x03, 0xf0),
  );
  await raw.send(frameBytes({ opcode: 8, payload: Uint8Array.of(0x03, 0xf0), mask: true }));
  await within(source.readToEnd(), "The end of the connection");
});

Deno.test("ClientSocket waits for a client that takes nothing for as long as it does so", async () => {
  await using connection = await connect();
  const { raw, client } = connection;
  await client.opened;
  const message = { text: false, bytes: new Uint8Array(MIB) };
  let hasTaken = false;
  // More than the kernel holds for it.
  for (let count = 0; count < 15; count++) void client.send(message);
  const taken = client.send(message)!.then(() => void (hasTaken = true));
  // Many looks at what was taken.
  await new Promise((resolve) => setTimeout(resolve, 100));
  assertEquals(hasTaken, false);
  const reading = raw.source().readToEnd();
  await within(taken, "The client's reading");
  client.kill();
  await client.ended;
  await reading;
});

Deno.test("ClientSocket passes nothing on that comes after its close frame", async () => {
  await using connection = await connect();
  const { raw, client } = connection;
  await client.opened;
  const closed = client.close({ code: 1000, reason: "" });
  await within(raw.source().readBytes(4), "The close frame");
  await raw.send(frameBytes({ opcode: 1, payload: new Uint8Array(5).fill(120), mask: true }));
  await raw.send(frameBytes({ opcode: 8, payload: new Uint8Array([3, 232]), mask: true }));
  await within(closed, "The end");
  assertEquals(await within(client.receive(), "No message"), undefined);
});
