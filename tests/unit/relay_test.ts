import { assertEquals } from "@std/assert";
import { Secret } from "../../lib/core/secret.ts";
import { Mask } from "../../lib/mask/mask.ts";
import type { CurrentMask } from "../../lib/mask/table_mask.ts";
import type { RequestSpan } from "../../lib/proxy/request_span.ts";
import type { ClientSocket } from "../../lib/proxy/websocket/client_socket.ts";
import { Relay } from "../../lib/proxy/websocket/relay.ts";
import type { WebSocketConnection } from "../../lib/upstream/websocket/websocket_connection.ts";
import { entryOf } from "../support/log_entry.ts";

/** Returns what is logged as the cause when an upstream's connection fails with a message. */
async function causeOf(message: string, mask: CurrentMask | undefined): Promise<string | undefined> {
  const entry = entryOf({ cause: undefined });
  const ended = Promise.withResolvers<void>();
  const client = {
    opened: Promise.resolve(),
    receive: () => ended.promise,
    closing: undefined,
    close: () => ended.resolve(),
  };
  const upstream = {
    receive: () => Promise.reject(new Error(message)),
    end: () => Promise.resolve(),
    close: () => Promise.resolve(),
    destroy() {},
  };
  await new Relay({
    client: client as unknown as ClientSocket,
    upstream: upstream as unknown as WebSocketConnection,
    mask,
    span: { entry, end() {} } as unknown as RequestSpan,
  }).run();
  return entry.cause;
}

Deno.test("Relay records why the upstream's connection failed, without a secret", async () => {
  const mask = Mask.of([{ text: Secret.of("some-secret-token") }]);
  const message = "the peer said some-secret-token";
  assertEquals(await causeOf(message, { current: mask }), "Error: the peer said *****************");
  assertEquals(await causeOf(message, { current: undefined }), `Error: ${message}`);
  assertEquals(await causeOf(message, undefined), `Error: ${message}`);
});
