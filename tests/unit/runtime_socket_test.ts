import { assertEquals, assertThrows } from "@std/assert";
import * as runtimeSocket from "../../lib/proxy/websocket/runtime_socket.ts";
import { FakeRuntimeSocket } from "../support/fake_runtime_socket.ts";
import { FakeTime } from "../support/fake_time.ts";

type RuntimeSocket = typeof runtimeSocket;

/** The private parts of the runtime. */
interface Private {
  core: Record<string, unknown> | null;
}

const internal = (Deno as unknown as Record<symbol, Private>)[
  (Deno as unknown as { internal: symbol }).internal
]!;
const { core } = internal;

/** What was closed, and the timers that were cancelled. */
const closed: number[] = [];
const cancelled: unknown[] = [];
const watched = {
  ...core,
  tryClose: (resource: number) => void closed.push(resource),
  cancelTimer: (timer: unknown) => void cancelled.push(timer),
};

/** Lets the module look for what it needs, once, on a runtime with these private parts. */
function look(module: RuntimeSocket, parts: Record<string, unknown> | null): RuntimeSocket {
  internal.core = parts;
  try {
    module.hasControl();
  } finally {
    internal.core = core;
  }
  return module;
}

let loads = 0;

/** Loads the module again, on a runtime with these private parts. */
async function load(parts: Record<string, unknown> | null = watched): Promise<RuntimeSocket> {
  return look(await import(`../../lib/proxy/websocket/runtime_socket.ts?${++loads}`), parts);
}

const PING_MS = 80;

const { controlOf } = look(runtimeSocket, watched);

/** A socket whose connection is open, and control over it. */
function controlled() {
  const socket = new FakeRuntimeSocket();
  socket.readyState = WebSocket.OPEN;
  return { socket, control: controlOf(socket as unknown as WebSocket, PING_MS) };
}

/** Handles frames one after the other, as the runtime's loop does. @returns After how many it stopped. */
function handleFrames(socket: FakeRuntimeSocket, count: number): number {
  for (let frames = 1; frames <= count; frames++) {
    socket.frame();
    if (socket.readyState === WebSocket.CLOSED) return frames;
  }
  return Infinity;
}

Deno.test("controlOf() ends the runtime's loop after 256 frames in a row, so that others get a turn", async () => {
  using time = new FakeTime();
  const { socket, control } = controlled();
  for (let turns = 1; turns <= 3; turns++) {
    assertEquals([handleFrames(socket, 10_000), control.isStopping], [256, true]);
    await Promise.resolve();
    assertEquals([socket.readyState, control.isStopping, socket.loops], [WebSocket.OPEN, false, turns - 1]);
    await time.settle();
    assertEquals([socket.readyState, socket.loops], [WebSocket.OPEN, turns]);
  }
});

Deno.test("controlOf() ends the loop once for a turn, however many frames are handled before it", async () => {
  using time = new FakeTime();
  const { socket } = controlled();
  handleFrames(socket, 256);
  await Promise.resolve();
  assertEquals(handleFrames(socket, 1000), Infinity);
  await time.settle();
  assertEquals([socket.loops, time.turns], [1, 1]);
});

Deno.test("controlOf() says while it stops the loop that nothing can be sent, and reads on when it is told to", async () => {
  using time = new FakeTime();
  const { socket, control } = controlled();
  assertEquals(control.isStopping, false);
  for (let times = 1; times <= 2; times++) {
    control.pause();
    assertEquals([control.isStopping, socket.readyState], [true, WebSocket.CLOSED]);
    await time.settle();
    assertEquals([control.isStopping, socket.readyState, socket.loops], [false, WebSocket.OPEN, times - 1]);
    // It is stopped already.
    control.pause();
    assertEquals([control.isStopping, time.running], [false, 1]);
    for (let again = 0; again < 2; again++) control.resume();
    assertEquals([socket.loops, time.running], [times, 0]);
  }
});

Deno.test("controlOf() leaves a loop alone that it was told to stop, whatever number of frames is handled", async () => {
  using time = new FakeTime();
  const { socket, control } = controlled();
  control.pause();
  await time.settle();
  assertEquals(handleFrames(socket, 1000), Infinity);
  await time.settle();
  assertEquals([socket.loops, time.turns], [0, 0]);
  control.resume();
  assertEquals(socket.loops, 1);
});

Deno.test("controlOf() does not read on after a turn for others if it was told to stop meanwhile", async () => {
  using time = new FakeTime();
  const { socket, control } = controlled();
  handleFrames(socket, 256);
  await Promise.resolve();
  control.pause();
  // The loop has ended, so it need not be stopped.
  assertEquals(control.isStopping, false);
  await time.settle();
  assertEquals(socket.loops, 0);
  control.resume();
  assertEquals(socket.loops, 1);
});

Deno.test("controlOf() starts the loop once if it was told to stop and to read on while others had their turn", async () => {
  using time = new FakeTime();
  const { socket, control } = controlled();
  handleFrames(socket, 256);
  await Promise.resolve();
  control.pause();
  control.resume();
  assertEquals(socket.loops, 0);
  await time.settle();
  assertEquals(socket.loops, 1);
  // It stops again as before.
  control.pause();
  assertEquals(control.isStopping, true);
  control.resume();
  assertEquals(socket.loops, 2);
});

Deno.test("controlOf() does not start the loop of a connection that is closing or closed", async () => {
  using time = new FakeTime();
  for (const state of [WebSocket.CLOSING, WebSocket.CLOSED]) {
    const { socket, control } = controlled();
    socket.readyState = state;
    control.pause();
    control.resume();
    handleFrames(socket, 256);
    await time.settle();
    assertEquals([control.isStopping, socket.readyState, socket.loops], [false, state, 0]);
  }
});

Deno.test("controlOf() reads on after the service's close frame until the client has answered it", async () => {
  using time = new FakeTime();
  const { socket, control } = controlled();
  socket.close();
  control.closing();
  const awaited = socket.readyState;
  // In any state that the runtime knows of, it would read no more, or send.
  assertEquals([WebSocket.CLOSING, WebSocket.CLOSED, WebSocket.OPEN].includes(awaited), false);
  // Reading can be stopped meanwhile, as ever.
  control.pause();
  assertEquals(socket.readyState, WebSocket.CLOSED);
  await time.settle();
  assertEquals(socket.readyState, awaited);
  control.resume();
  assertEquals(socket.loops, 1);
});

Deno.test("controlOf() does not change what becomes of a connection that was not closed by the service", () => {
  for (const state of [WebSocket.OPEN, WebSocket.CLOSED]) {
    const { socket, control } = controlled();
    socket.readyState = state;
    control.closing();
    assertEquals(socket.readyState, state);
  }
});

Deno.test("controlOf() ends a connection once and for all, even while its reading is being stopped", async () => {
  using time = new FakeTime();
  const { socket, control } = controlled();
  closed.length = 0;
  control.pause();
  socket.resource = 7;
  for (let times = 0; times < 2; times++) control.kill();
  await time.settle();
  control.kill();
  assertEquals([socket.readyState, closed, time.running], [WebSocket.CLOSED, [7], 0]);
});

Deno.test("controlOf() ends no connection that the runtime has ended, nor one that it does not know", () => {
  closed.length = 0;
  const ended = controlled();
  ended.socket.readyState = WebSocket.CLOSED;
  ended.control.kill();
  const unknown = controlled();
  unknown.socket.resource = undefined;
  unknown.control.kill();
  assertEquals([closed, unknown.socket.readyState], [[], WebSocket.OPEN]);
  // Once it does, it can.
  unknown.socket.resource = 8;
  unknown.control.kill();
  assertEquals([closed, unknown.socket.readyState], [[8], WebSocket.CLOSED]);
});

Deno.test("controlOf() lets the runtime watch for silence no more once the connection has ended", async () => {
  using time = new FakeTime();
  const { socket, control } = controlled();
  handleFrames(socket, 3);
  assertEquals(socket.refreshed, 1);
  control.pause();
  await time.settle();
  const timer = {};
  socket.idleTimer = timer;
  cancelled.length = 0;
  control.ended();
  await time.pass(PING_MS);
  assertEquals(handleFrames(socket, 10_000), Infinity);
  assertEquals([socket.refreshed, time.running, cancelled], [1, 0, [timer]]);
});

Deno.test("controlOf() stops no timer where the runtime has none, or none of the kind that is known", () => {
  cancelled.length = 0;
  for (const timer of [null, undefined, 5]) {
    const { socket, control } = controlled();
    socket.idleTimer = timer;
    control.ended();
  }
  assertEquals(cancelled, []);
});

Deno.test("controlOf() lets the time of silence begin again with a frame, but not with each of many", async () => {
  using time = new FakeTime();
  const { socket } = controlled();
  handleFrames(socket, 100);
  assertEquals(socket.refreshed, 1);
  // An eighth of the ping interval.
  await time.pass(PING_MS / 8 - 1);
  handleFrames(socket, 50);
  assertEquals(socket.refreshed, 1);
  await time.pass(1);
  handleFrames(socket, 50);
  assertEquals(socket.refreshed, 2);
});

Deno.test("controlOf() keeps a connection that it does not read from being taken for a dead one", async () => {
  using time = new FakeTime();
  const { socket, control } = controlled();
  control.pause();
  await time.pass(PING_MS / 2 - 1);
  assertEquals(socket.refreshed, 0);
  await time.pass(1);
  assertEquals(socket.refreshed, 1);
  await time.pass(PING_MS);
  assertEquals(socket.refreshed, 3);
  // That counts as a frame would.
  handleFrames(socket, 1);
  assertEquals(socket.refreshed, 3);
  control.resume();
  await time.pass(2 * PING_MS);
  assertEquals([socket.refreshed, time.running], [3, 0]);
});

/** Runs with another WebSocket than the runtime's. */
async function withWebSocket<T>(replaced: unknown, run: () => Promise<T>): Promise<T> {
  const original = globalThis.WebSocket;
  Object.assign(globalThis, { WebSocket: replaced });
  try {
    return await run();
  } finally {
    Object.assign(globalThis, { WebSocket: original });
  }
}

const LACKS = "This version of the runtime lets no one control a WebSocket";

function assertNoControl({ controlOf, hasControl, NoControl }: RuntimeSocket, socket: unknown): void {
  const error = assertThrows(() => controlOf(socket as WebSocket, PING_MS), NoControl, LACKS);
  assertEquals([error.name, hasControl()], ["NoControl", false]);
}

Deno.test("hasControl() says whether this version of the runtime has what is needed", async () => {
  assertEquals((await load()).hasControl(), true);
  assertEquals((await load(core)).hasControl(), true);
  const socket = new FakeRuntimeSocket();
  const { tryClose: _, ...withoutClose } = watched;
  assertNoControl(await load(withoutClose), socket);
  assertNoControl(await load(null), socket);
  const names = ["[[eventLoop]]", "[[serverHandleIdleTimeout]]"];
  for (const lacking of names) {
    const prototype = Object.fromEntries(
      names.filter((name) => name !== lacking).map((name) => [Symbol(name), () => {}]),
    );
    assertNoControl(await withWebSocket({ prototype }, () => load()), socket);
  }
});

Deno.test("controlOf() refuses a socket that lacks what is needed, and hasControl() says so from then on", async () => {
  for (const name of ["[[readyState]]", "[[rid]]"]) {
    const module = await load();
    assertEquals(module.hasControl(), true);
    assertNoControl(module, { [Symbol(name)]: 1 });
  }
});

Deno.test("controlOf() does without a way to stop the runtime's timer", async () => {
  const { cancelTimer: _, ...withoutCancel } = watched;
  const { controlOf, hasControl } = await load(withoutCancel);
  assertEquals(hasControl(), true);
  const socket = new FakeRuntimeSocket();
  socket.idleTimer = {};
  controlOf(socket as unknown as WebSocket, PING_MS).ended();
  // Nor does it need to know of one.
  const bare = { [Symbol("[[readyState]]")]: 1, [Symbol("[[rid]]")]: 1 };
  controlOf(bare as unknown as WebSocket, PING_MS).ended();
});
