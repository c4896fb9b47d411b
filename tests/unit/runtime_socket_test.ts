import { assertEquals } from "@std/assert";
import { controlOf } from "../../lib/proxy/websocket/runtime_socket.ts";

const STATE = Symbol("[[readyState]]");

function symbolOf(description: string): symbol {
  return Object.getOwnPropertySymbols(WebSocket.prototype).find((each) => each.description === description)!;
}

const PING_MS = 20;

const LOOP = symbolOf("[[eventLoop]]");
const REFRESH = symbolOf("[[serverHandleIdleTimeout]]");

/** What a socket of the runtime has, as far as it is controlled; and how often its loop and its timer were started again. */
function fakeSocket() {
  const socket = {
    [STATE]: WebSocket.OPEN as number,
    // Of nothing that is open.
    [Symbol("[[rid]]")]: 1_000_000,
    [REFRESH]() {
      socket.refreshed++;
    },
    [LOOP]() {
      socket.loops++;
    },
    loops: 0,
    refreshed: 0,
  };
  return { socket, control: controlOf(socket as unknown as WebSocket, PING_MS) };
}

/** Handles frames one after the other, as the runtime's loop does. @returns After how many it stopped. */
function handleFrames(socket: ReturnType<typeof fakeSocket>["socket"], count: number): number {
  for (let frames = 1; frames <= count; frames++) {
    (socket as unknown as Record<symbol, () => void>)[REFRESH]!();
    if (socket[STATE] === WebSocket.CLOSED) return frames;
  }
  return Infinity;
}

/** What is to be run in the next turn. The test runner's own function runs the microtasks that are queued, which a service's does not. */
const next: (() => void)[] = [];
const original = globalThis.setImmediate;

Deno.test.beforeAll(() => {
  Object.assign(globalThis, { setImmediate: (run: () => void) => void next.push(run) });
});
Deno.test.afterAll(() => void Object.assign(globalThis, { setImmediate: original }));

function turn(): void {
  for (const run of next.splice(0)) run();
}

Deno.test("controlOf() ends the runtime's loop after some hundred frames in a row, so that others get a turn", async () => {
  const { socket } = fakeSocket();
  for (let turns = 1; turns <= 3; turns++) {
    const frames = handleFrames(socket, 10_000);
    assertEquals(frames <= 256, true, `${frames} frames without a turn, in turn ${turns}`);
    await Promise.resolve();
    assertEquals([socket[STATE], socket.loops], [WebSocket.OPEN, turns - 1]);
    turn();
    assertEquals([socket[STATE], socket.loops], [WebSocket.OPEN, turns]);
  }
});

Deno.test("controlOf() says while it stops the loop that nothing can be sent, and reads on when it is told to", async () => {
  const { socket, control } = fakeSocket();
  assertEquals(control.isStopping, false);
  control.pause();
  assertEquals([control.isStopping, socket[STATE]], [true, WebSocket.CLOSED]);
  await Promise.resolve();
  assertEquals([control.isStopping, socket[STATE], socket.loops], [false, WebSocket.OPEN, 0]);
  turn();
  assertEquals(socket.loops, 0);
  control.resume();
  assertEquals(socket.loops, 1);
});

Deno.test("controlOf() does not start the loop of a connection that is closing or closed", () => {
  for (const state of [WebSocket.CLOSING, WebSocket.CLOSED]) {
    const { socket, control } = fakeSocket();
    socket[STATE] = state;
    control.pause();
    control.resume();
    handleFrames(socket, 256);
    turn();
    assertEquals([control.isStopping, socket[STATE], socket.loops], [false, state, 0]);
  }
});

Deno.test("controlOf() ends a connection for good, even while it stops reading", async () => {
  const { socket, control } = fakeSocket();
  control.pause();
  control.kill();
  await Promise.resolve();
  assertEquals(socket[STATE], WebSocket.CLOSED);
});

Deno.test("controlOf() lets the runtime watch for silence no more once the connection has ended", async () => {
  const { socket, control } = fakeSocket();
  handleFrames(socket, 3);
  assertEquals(socket.refreshed, 1);
  control.ended();
  await delay(PING_MS / 4);
  handleFrames(socket, 10_000);
  assertEquals([socket.refreshed, socket[STATE]], [1, WebSocket.OPEN]);
});

Deno.test("controlOf() lets the time of silence begin again with a frame, but not with each of many", async () => {
  const { socket } = fakeSocket();
  handleFrames(socket, 100);
  assertEquals(socket.refreshed, 1);
  await delay(PING_MS / 4);
  handleFrames(socket, 100);
  assertEquals(socket.refreshed, 2);
});

Deno.test("controlOf() keeps a connection that it does not read from being taken for a dead one, however soon that is", async () => {
  const { socket, control } = fakeSocket();
  control.pause();
  await delay(2 * PING_MS);
  assertEquals(socket.refreshed > 1, true, `${socket.refreshed} times`);
  control.resume();
  const { refreshed } = socket;
  await delay(2 * PING_MS);
  assertEquals(socket.refreshed, refreshed);
});

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
