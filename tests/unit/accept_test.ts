import { assertEquals, assertRejects } from "@std/assert";
import { type AcceptOptions, acceptWebSocket } from "../../lib/proxy/websocket/accept.ts";
import { Connection } from "../../lib/upstream/connection.ts";
import { BadResponse } from "../../lib/upstream/errors.ts";
import { parseResponseHead } from "../../lib/upstream/response_head.ts";
import { beginHandshake } from "../../lib/upstream/websocket/handshake.ts";
import { FakeSocket } from "../support/fake_socket.ts";

Deno.test("acceptWebSocket() closes the upstream's connection where the upstream has not agreed as it must", async () => {
  for (const fields of ["", "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: wrong\r\n"]) {
    const socket = new FakeSocket([]);
    const change = {
      kind: "protocol_change",
      head: parseResponseHead(`HTTP/1.1 101 Switching Protocols\r\n${fields}\r\n`),
      connection: new Connection(socket),
      reused: false,
    } as const;
    // Nothing else is looked at.
    const options = { handshake: beginHandshake([]) } as AcceptOptions;
    await assertRejects(() => acceptWebSocket(change, options), BadResponse);
    assertEquals(socket.closed, true);
  }
});
