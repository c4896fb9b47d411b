import { assertEquals } from "@std/assert";
import { Connection } from "../../lib/upstream/connection.ts";
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
