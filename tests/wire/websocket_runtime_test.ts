/**
 * A version of the runtime that lacks the private parts with which a WebSocket is controlled, imitated by a module that takes
 * them away.
 *
 * @module
 */

import { assertEquals, assertMatch } from "@std/assert";
import { withPreloaded } from "../support/preloaded_service.ts";
import { connectWebSocket, handshakeText } from "../support/websocket_client.ts";
import { startWsUpstream } from "../support/websocket_upstream.ts";
import { connectRaw } from "../support/wire.ts";

/** Modules that run before the service, and how many handshakes reach the upstream before the service knows better. */
const RUNTIMES: readonly [name: string, code: string, handshakes: number, line: RegExp][] = [
  [
    "the loop that reads is gone",
    `for (const each of Object.getOwnPropertySymbols(WebSocket.prototype)) {
       if (each.description === "[[eventLoop]]") delete WebSocket.prototype[each];
     }`,
    0,
    /^cred-proxy: Deno \S+ lacks what serving WebSockets needs: clients that ask for one get 426$/m,
  ],
  [
    // It shows only once there is a socket.
    "a socket does not show its resource",
    `const upgrade = Deno.upgradeWebSocket;
     Deno.upgradeWebSocket = (request, options) => {
       const { socket, response } = upgrade(request, options);
       for (const each of Object.getOwnPropertySymbols(socket)) {
         if (each.description === "[[rid]]") delete socket[each];
       }
       return { socket, response };
     };`,
    1,
    /→ 101 .*closed 1011.*This version of the runtime lets no one control a WebSocket/,
  ],
];

for (const [name, code, handshakes, line] of RUNTIMES) {
  Deno.test(`a runtime in which ${name} gets no WebSockets: clients are told to continue with HTTP`, async () => {
    await using upstream = await startWsUpstream();
    await withPreloaded({ upstream, code, env: { CRED_PROXY_DEBUG: "1" } }, async (service) => {
      for (let times = 0; times < handshakes; times++) {
        using client = await connectWebSocket(service.port);
        assertEquals(await client.next(), "close 1011 WebSockets are not served here");
      }
      await using wire = await connectRaw(service.port);
      for (let times = 0; times < 2; times++) {
        await wire.send(handshakeText());
        const { status, field, body } = await wire.readResponse();
        assertEquals([status, field("cred-proxy-error")], [426, "upgrade_not_served"]);
        assertMatch(body.text, /not served here; continue with HTTP\/1\.1/);
        // On the same connection.
        await wire.send("GET /a/x HTTP/1.1\r\nHost: proxy\r\n\r\n");
        assertEquals((await wire.readResponse()).body.text, "plain");
      }
      assertEquals(upstream.handshakes.length, handshakes);
      await service.logged(line);
    });
  });
}
