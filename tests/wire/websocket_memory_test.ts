/**
 * What the runtime keeps of WebSockets that have ended.
 *
 * @module
 */

import { join } from "@std/path";
import { latin1 } from "../support/bytes.ts";
import { TOKEN } from "../support/fixture.ts";
import { derivedFlags } from "../support/run_main.ts";
import { startService } from "../support/service.ts";
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
  const folder = await Deno.makeTempDir();
  const [preload, table] = [join(folder, "counter.js"), join(folder, "routes.json")];
  await Deno.writeTextFile(preload, COUNTER);
  const routes = {
    routes: [{ path: "/a/", upstream: upstream.url, auth_scheme: "Bearer", token_env: "A_TOKEN" }],
  };
  await Deno.writeTextFile(table, JSON.stringify(routes));
  const env = {
    A_TOKEN: TOKEN,
    CRED_PROXY_BIND: "127.0.0.1",
    CRED_PROXY_PORT: "0",
    CRED_PROXY_ROUTES: table,
    CRED_PROXY_LOG: "json",
    DENO_V8_FLAGS: "--expose-gc",
  };
  const flags = [...await derivedFlags(env), `--preload=${preload}`];
  await using service = await startService({ routes, env, flags });
  for (let count = 0; count < COUNT; count++) {
    using client = await connectRawWebSocket(service.port);
    await client.send(frameBytes({ opcode: 2, payload: latin1("?"), mask: true }));
    await client.source().readBytes(3);
  }
  await service.printed(new RegExp(`(.*"outcome":"client_aborted".*\\n){${COUNT}}`));
  service.kill("SIGWINCH");
  // The last one may still be referred to by what is about to end.
  await service.logged(new RegExp(`^${COUNT} sockets, [01] in memory$`, "m"));
  await Deno.remove(folder, { recursive: true });
});
