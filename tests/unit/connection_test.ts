import { assert, assertEquals, assertRejects } from "@std/assert";
import { Connection } from "../../lib/upstream/connection.ts";
import { BadResponse } from "../../lib/upstream/errors.ts";
import { fromLatin1, join, latin1 } from "../support/bytes.ts";
import { FakeSocket } from "../support/fake_socket.ts";

Deno.test("Connection writes all bytes in order, however few of them its socket takes at a time", async () => {
  for (const limit of [1, 3, 4, 20, Infinity]) {
    const socket = new FakeSocket([]);
    socket.writeLimit = limit;
    const connection = new Connection(socket);
    await connection.writeHead("GET / HTTP/1.1\r\n\r\n");
    await connection.write(latin1("0123456789"));
    assertEquals(fromLatin1(join(socket.written)), "GET / HTTP/1.1\r\n\r\n0123456789", `${limit} at a time`);
  }
});

Deno.test("Connection is lost only if it ends while it is idle, not once it is in use again", async () => {
  for (const isUsed of [false, true]) {
    const arrival = Promise.withResolvers<void>();
    const connection = new Connection(new FakeSocket([], () => arrival.promise));
    let losses = 0;
    connection.enterIdle(() => losses++);
    if (isUsed) connection.leaveIdle();
    arrival.resolve();
    await new Promise((resolve) => setTimeout(resolve));
    assertEquals([losses, await connection.fill()], [isUsed ? 0 : 1, 0]);
  }
});

/** A socket that records how much each read may bring. */
class MeasuredSocket extends FakeSocket {
  readonly rooms: number[] = [];

  override read(room: Uint8Array): Promise<number | null> {
    this.rooms.push(room.length);
    return super.read(room);
  }
}

const FULL = 16 * 1024;

Deno.test("Connection keeps what it has received until that is discarded, and reads on behind it", async () => {
  const socket = new MeasuredSocket(["hello", "!", "again"]);
  const connection = new Connection(socket);
  const seen = () => [fromLatin1(connection.buffered), connection.bufferedLength];
  assertEquals(seen(), ["", 0]);
  assertEquals(await connection.fill(), 5);
  connection.discard(2);
  assertEquals(seen(), ["llo", 3]);
  assertEquals(await connection.fill(), 1);
  assertEquals(seen(), ["llo!", 4]);
  connection.discard(4);
  assertEquals(seen(), ["", 0]);
  assertEquals([await connection.fill(), await connection.fill()], [5, 0]);
  assertEquals(seen(), ["again", 5]);
  // Once all is discarded, the whole buffer is free again.
  assertEquals(socket.rooms, [FULL, FULL - 5, FULL, FULL - 5]);
});

Deno.test("Connection makes room in a full buffer, first by what was discarded, then with a larger one", async () => {
  for (const discarded of [0, 10]) {
    const text = Array.from(
      { length: 30_000 },
      (_, at) => String.fromCharCode(at % 251),
    ).join("");
    const socket = new MeasuredSocket([text]);
    const connection = new Connection(socket);
    await connection.fill();
    connection.discard(discarded);
    await connection.fill();
    assertEquals(socket.rooms, [FULL, discarded === 0 ? 64 * 1024 : discarded]);
    const end = discarded === 0 ? text.length : FULL + discarded;
    assertEquals(fromLatin1(connection.buffered), text.slice(discarded, end));
  }
});

Deno.test("Connection knows whether its last read brought as much as one can", async () => {
  const connection = new Connection(
    new FakeSocket(["x".repeat(FULL), "x".repeat(FULL - 1)]),
  );
  const seen = [connection.lastReadWasFull];
  for (let read = 0; read < 3; read++) {
    await connection.fill();
    connection.discard(connection.bufferedLength);
    seen.push(connection.lastReadWasFull);
  }
  assertEquals(seen, [false, true, false, false]);
});

Deno.test("Connection reads past its buffer where it is told to", async () => {
  const connection = new Connection(new FakeSocket(["hello"]));
  const room = new Uint8Array(4);
  assertEquals([await connection.readInto(room), fromLatin1(room)], [
    4,
    "hell",
  ]);
  assertEquals([
    await connection.readInto(room),
    room[0],
    connection.bufferedLength,
  ], [1, 0x6f, 0]);
  assertEquals(await connection.readInto(room), 0);
});

Deno.test("Connection forgets what is left when it becomes idle, and its pending read is the first of the next response", async () => {
  const socket = new MeasuredSocket([
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 204 No\r\n\r\n",
    "more",
  ]);
  const connection = new Connection(socket);
  await connection.fill();
  // A part of a head has been searched.
  assertEquals(connection.takeHead(), undefined);
  connection.discard(3);
  connection.enterIdle(() => {});
  connection.leaveIdle();
  assertEquals([connection.bufferedLength, socket.rooms.length], [0, 2]);
  assertEquals(await connection.readHead(), "HTTP/1.1 204 No\r\n\r\n");
  assertEquals(socket.rooms.length, 2);
  assertEquals([await connection.fill(), fromLatin1(connection.buffered)], [
    4,
    "more",
  ]);
  assertEquals(socket.rooms, [FULL, FULL, FULL]);
});

Deno.test("Connection takes each head of several that came together, and of the last one no byte that is not there", async () => {
  const heads = [
    "HTTP/1.1 103 A\r\n\r\n",
    "HTTP/1.1 100 B\r\nC: d\r\n\r\n",
    "HTTP/1.1 200 OK\r\n\r\n",
  ];
  const all = heads.join("");
  const connection = new Connection(
    new FakeSocket([all, all.slice(0, -3), all.slice(-3)]),
  );
  await connection.fill();
  assertEquals([0, 1, 2, 3].map(() => connection.takeHead()), [
    ...heads,
    undefined,
  ]);
  // The end of the last head still lies in the buffer, from before.
  await connection.fill();
  assertEquals([0, 1, 2].map(() => connection.takeHead()), [
    ...heads.slice(0, 2),
    undefined,
  ]);
  await connection.fill();
  assertEquals(connection.takeHead(), heads[2]);
});

Deno.test("Connection reads a head that comes byte by byte, after a byte that was discarded", async () => {
  const head = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
  const connection = new Connection(new FakeSocket([`?${head}`, ...head]));
  await connection.fill();
  connection.discard(1);
  assertEquals([connection.takeHead(), await connection.readHead()], [head, head]);
});

Deno.test("Connection finds a short head that came with the last piece of a long one", async () => {
  const [long, short] = [`HTTP/1.1 103 A\r\nB: ${"c".repeat(100)}\r\n\r\n`, "HTTP/1.1 200 OK\r\n\r\n"];
  for (let cut = 1; cut < long.length; cut++) {
    const connection = new Connection(new FakeSocket([long.slice(0, cut), long.slice(cut) + short]));
    assertEquals([await connection.readHead(), await connection.readHead()], [long, short], `${cut}`);
  }
});

Deno.test("Connection refuses another protocol by its first byte, also after a head", async () => {
  for (const head of ["", "HTTP/1.1 103 A\r\n\r\n"]) {
    const connection = new Connection(new FakeSocket([head, "S"]));
    if (head !== "") assertEquals(await connection.readHead(), head);
    await connection.fill();
    await assertRejects(async () => await connection.takeHead(), BadResponse, "no HTTP/1 status line");
  }
});

Deno.test("Connection writes a head in one write, and the next one from the same memory, unless it is over 2 KiB", async () => {
  const socket = new FakeSocket([]);
  const connection = new Connection(socket);
  const { scratch } = connection;
  await connection.writeHead("a".repeat(2048));
  assert(connection.scratch === scratch);
  await connection.writeHead("b".repeat(2049));
  assert(connection.scratch !== scratch);
  await connection.writeHead("c".repeat(5));
  assertEquals(socket.written.map(fromLatin1), [
    "a".repeat(2048),
    "b".repeat(2049),
    "ccccc",
  ]);
});

Deno.test("Connection closes its socket once, and says so once", () => {
  let [closes, said] = [0, 0];
  const socket = new FakeSocket([]);
  socket.close = () => void closes++;
  const connection = new Connection(socket, () => void said++);
  assertEquals([closes, said], [0, 0]);
  connection.close();
  connection.close();
  assertEquals([closes, said], [1, 1]);
});
