import { assertEquals } from "@std/assert";
import { controlOf } from "../../lib/proxy/websocket/runtime_socket.ts";

const STATE = Symbol("[[readyState]]");

function symbolOf(description: string): symbol {
  return Object.getOwnPropertySymbols(WebSocket.prototype).find((each) => each.description === description)!;
}

const LOOP = symbolOf("[[eventLoop]]");
const REFRESH = symbolOf("[[serverHandleIdleTimeout]]");

/** What a socket of the runtime has, as far as it is controlled; and how often its loop and its timer were started again. */
function fakeSocket() {
  const socket = {
    [STATE]: WebSocket.OPEN as number,
    [Symbol("[[rid]]")]: 1,
    [REFRESH]() {
      socket.refreshed++;
    },
    [LOOP]() {
      socket.loops++;
    },
    loops: 0,
    refreshed: 0,
  };
  return { socket, control: controlOf(socket as unknown as WebSocket) };
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

Deno.test("controlOf() lets the runtime watch for silence no more once the connection has ended", () => {
  const { socket, control } = fakeSocket();
  handleFrames(socket, 3);
  assertEquals(socket.refreshed, 3);
  control.ended();
  handleFrames(socket, 10_000);
  assertEquals([socket.refreshed, socket[STATE]], [3, WebSocket.OPEN]);
});
