import { assertEquals, assertRejects } from "@std/assert";
import { endingConnection, RefusalTurns } from "../../lib/proxy/refusal_turns.ts";
import type { ConnectionInfo } from "../../lib/proxy/service.ts";

function connection(port: number): ConnectionInfo {
  return { remoteAddr: { transport: "tcp", hostname: "127.0.0.1", port } };
}

/** Refuses requests of one connection. @returns How many are not too many. */
function refuse(turns: RefusalTurns, info: ConnectionInfo, count: number): number {
  let fine = 0;
  for (let at = 0; at < count; at++) if (!turns.isTooMany(info)) fine++;
  return fine;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

Deno.test("RefusalTurns allows sixteen refusals of one connection in a turn of the event loop, and again in the next", async () => {
  const turns = new RefusalTurns();
  for (let turn = 0; turn < 3; turn++) {
    assertEquals([refuse(turns, connection(1), 20), refuse(turns, connection(2), 20)], [16, 16]);
    await nextTurn();
  }
});

Deno.test("RefusalTurns starts to count again in each turn, even if only one connection has refusals", async () => {
  const turns = new RefusalTurns();
  for (let turn = 0; turn < 3; turn++) {
    assertEquals(refuse(turns, connection(1), 16), 16);
    await nextTurn();
  }
});

Deno.test("RefusalTurns allows one refusal of each connection once a turn has had many", async () => {
  const turns = new RefusalTurns();
  for (let port = 1; port <= 4; port++) assertEquals(refuse(turns, connection(port), 16), 16);
  for (let port = 5; port <= 500; port++) assertEquals(refuse(turns, connection(port), 2), 1);
  await nextTurn();
  assertEquals(refuse(turns, connection(501), 16), 16);
});

Deno.test("RefusalTurns counts the refusals of all connections exactly", () => {
  const turns = new RefusalTurns();
  for (const [port, count] of [[1, 16], [2, 16], [3, 16], [4, 15]] as const) {
    assertEquals(refuse(turns, connection(port), count), count);
  }
  // The 64th of all, and the one after.
  assertEquals(refuse(turns, connection(5), 2), 1);
});

Deno.test("RefusalTurns does not count what can't be told apart: connections of a Unix socket", () => {
  const info: ConnectionInfo = { remoteAddr: { transport: "unix", path: "/run/proxy.sock" } };
  assertEquals(refuse(new RefusalTurns(), info, 1000), 1000);
});

Deno.test("RefusalTurns closes connections for the sake of others once a turn takes long, at most every five seconds", () => {
  const { now } = performance;
  const began = 1_000_000;
  let time = began;
  performance.now = () => time;
  try {
    const turns = new RefusalTurns();
    turns.isTooMany(connection(1));
    const cases = [[0, false], [249, false], [250, true], [251, false], [5249, false], [5250, true]] as const;
    for (const [after, closes] of cases) {
      time = began + after;
      assertEquals(turns.mustClose(), closes, `${after}`);
    }
  } finally {
    performance.now = now;
  }
});

Deno.test("endingConnection() keeps status and fields, and promises no length for content that never ends properly", async () => {
  const refusal = new Response("no", {
    status: 404,
    headers: { "content-length": "2", "cred-proxy-error": "no_route" },
  });
  const response = endingConnection(refusal);
  assertEquals(response.status, 404);
  assertEquals(Object.fromEntries(response.headers), {
    "connection": "close",
    "content-type": "text/plain;charset=UTF-8",
    "cred-proxy-error": "no_route",
  });
  await assertRejects(() => response.text(), Error, "Too many requests at once");
});
