import { isHandshakeField } from "../../http/field_names.ts";
import type { CurrentMask } from "../../mask/table_mask.ts";
import { ClientDisconnected } from "../../upstream/errors.ts";
import { CLOSE } from "../../upstream/websocket/close_code.ts";
import { assertAgreed, type Handshake } from "../../upstream/websocket/handshake.ts";
import { MessageBudget } from "../../upstream/websocket/message_budget.ts";
import { WebSocketConnection, type WebSocketOptions } from "../../upstream/websocket/websocket_connection.ts";
import type { ProtocolChange } from "../../upstream/transport.ts";
import type { RequestSpan } from "../request_span.ts";
import type { ReferenceRewriter } from "../reference/reference_rewriter.ts";
import type { Route } from "../route.ts";
import { copyResponseFields } from "../response_fields.ts";
import { ClientSocket } from "./client_socket.ts";
import { Relay } from "./relay.ts";
import { NoControl } from "./runtime_socket.ts";
import type { Sessions } from "./sessions.ts";

/** What {@linkcode acceptWebSocket} needs besides the upstream's agreement. */
export interface AcceptOptions {
  readonly request: Request;
  readonly handshake: Handshake;
  readonly route: Route;
  readonly references: () => ReferenceRewriter;
  readonly mask: CurrentMask;
  readonly span: RequestSpan;
  readonly sessions: Sessions;
}

/** The memory of large messages across all connections, in bytes: two of the longest. */
const BUDGET = new MessageBudget(128 * 1024 * 1024);

/**
 * Agrees to a client's WebSocket once the upstream has, and relays in the background until either side ends it; then the
 * span ends.
 *
 * @throws {BadResponse} If the upstream's agreement is not a valid one, and {ClientDisconnected} if the client has left.
 */
export async function acceptWebSocket(upstream: ProtocolChange, options: AcceptOptions): Promise<Response> {
  const { request, handshake, route, references, span, sessions } = options;
  const { head, connection, reused } = upstream;
  try {
    const protocol = await assertAgreed(head, handshake);
    const { scrub, websocketPingMs: pingMs } = route.config;
    // The runtime sends a ping after half of this time of silence, and gives the client the other half to answer.
    const { socket, response } = upgrade(request, 2 * pingMs / 1000);
    const mask = scrub ? options.mask : undefined;
    copyHandshakeFields(upstream, { route, references, mask, to: response.headers });
    if (protocol !== undefined) response.headers.set("sec-websocket-protocol", protocol);
    const { entry } = span;
    entry.reused = reused;
    entry.firstByteMs = performance.now() - entry.began;
    entry.status = head.status;
    const keeping = { pingMs, budget: BUDGET };
    const client = clientSocketOf(socket, span, keeping);
    if (client === undefined) {
      connection.close();
      return response;
    }
    const relay = new Relay({
      client,
      upstream: new WebSocketConnection(connection, keeping),
      mask,
      span,
    });
    sessions.add(relay);
    span.upgraded(client);
    span.onCut(() => relay.revoke());
    relay.run().finally(() => sessions.delete(relay));
    return response;
  } catch (error) {
    connection.close();
    throw error;
  }
}

function upgrade(request: Request, idleTimeout: number): Deno.WebSocketUpgrade {
  try {
    return Deno.upgradeWebSocket(request, { idleTimeout });
  } catch (error) {
    throw new ClientDisconnected("The client disconnected before the WebSocket was open", { cause: error });
  }
}

/**
 * Returns the client's side, or undefined if this version of the runtime lacks what that needs. The upgrade can't be taken back
 * then, so the socket is closed; the next client gets a 426 instead.
 */
function clientSocketOf(
  socket: WebSocket,
  span: RequestSpan,
  options: WebSocketOptions,
): ClientSocket | undefined {
  try {
    return new ClientSocket(socket, options);
  } catch (error) {
    if (!(error instanceof NoControl)) throw error;
    // Otherwise the runtime reports an error as uncaught.
    socket.addEventListener("error", (event) => event.preventDefault());
    socket.addEventListener(
      "open",
      () => socket.close(CLOSE.internalError, "WebSockets are not served here"),
    );
    span.entry.webSocket = { messagesUp: 0, messagesDown: 0, closeCode: CLOSE.internalError };
    span.entry.cause = error.message;
    span.end("complete");
    return undefined;
  }
}

/** Copies the fields of the upstream's 101, without those of its handshake. It has no content, whatever it says. */
function copyHandshakeFields(
  { head }: ProtocolChange,
  { route, references, mask, to }: {
    route: Route;
    references: () => ReferenceRewriter;
    mask: CurrentMask | undefined;
    to: Headers;
  },
): void {
  const fields = head.fields.filter(([name]) => !isHandshakeField(name));
  copyResponseFields(
    { route: route.config, references, mask: mask?.current },
    { head: { ...head, fields }, framing: { kind: "close" } },
    to,
  );
}
