/**
 * What the runtime keeps of WebSockets that have ended.
 *
 * @module
 */

import { latin1 } from "../support/bytes.ts";
import { withPreloaded } from "../support/preloaded_service.ts";
import { connectRawWebSocket } from "../support/websocket_client.ts";
import { frameBytes } from "../support/websocket_frames.ts";
import { startRawWebSocket } from "../support/websocket_upstream.ts";

/** Reports on a signal how many of the sockets that the service has got from the runtime are still in memory. */
const COUNTER = `
const sockets = [];
const upgrade = Deno.upgradeWebSocket;
Deno.upgradeWebSocket = (...options) => {
  const upgraded = upgrade(...options);
  sockets.push(new WeakRef(upgraded.socket));
  return upgraded;
};
Deno.addSignalListener("SIGWINCH", async () => {
  for (let times = 0; times < 3; times++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  console.error(sockets.length + " sockets, " + sockets.filter((each) => each.deref()).length + " in memory");
});
`;

const COUNT = 20;

Deno.test("WebSockets whose clients have left are forgotten at once, and not only after a ping interval", async () => {
  await using upstream = startRawWebSocket(async ({ source, send }) => {
    while ((await source.readBytes(7)).length > 0) {
      await send(frameBytes({ opcode: 2, payload: latin1("!") }));
    }
  });
  const env = { CRED_PROXY_LOG: "json", DENO_V8_FLAGS: "--expose-gc" };
  await withPreloaded({ upstream, code: COUNTER, env }, async (service) => {
    for (let count = 0; count < COUNT; count++) {
      using client = await connectRawWebSocket(service.port);
      await client.send(frameBytes({ opcode: 2, payload: latin1("?"), mask: true }));
      await client.source().readBytes(3);
    }
    await service.printed(new RegExp(`(.*"outcome":"client_aborted".*\\n){${COUNT}}`));
    service.kill("SIGWINCH");
    // The last one may still be referred to by what is about to end.
    await service.logged(new RegExp(`^${COUNT} sockets, [01] in memory$`, "m"));
  });
});
