import { Refusal } from "../../http/refusal.ts";
import { beginHandshake, type Handshake } from "../../upstream/websocket/handshake.ts";
import { connectionOptions } from "../build_request.ts";
import type { Route } from "../route.ts";
import { hasControl } from "./runtime_socket.ts";
import { parseSubprotocols } from "./subprotocols.ts";

/** A request that may offer to change the protocol. */
export interface OfferingRequest {
  readonly method: string;
  readonly headers: Pick<Headers, "get">;
}

/**
 * Checks that a change of protocol is served where a request requires one, before the route's policy: clients go on over
 * HTTP after a 426, and only then.
 *
 * An offer of HTTP/2 can be ignored (RFC 9110, section 7.8), but a client that asks for any other protocol can't continue
 * without it.
 *
 * @returns Whether the request asks for a WebSocket.
 * @throws {Refusal} `upgrade_not_served` if another protocol is required, or the route serves no WebSockets.
 */
export function asksForWebSocket(
  { config, policies }: Pick<Route, "config" | "policies">,
  { method, headers }: OfferingRequest,
): boolean {
  const upgrade = headers.get("upgrade")?.toLowerCase();
  if (upgrade === undefined || upgrade === "h2c") return false;
  const served = hasControl() && upgrade === "websocket" && config.websocket && method === "GET" &&
    policies.every(({ methods }) => methods?.has("GET") ?? true) &&
    connectionOptions(headers.get("connection") ?? "").has("upgrade") &&
    headers.get("sec-websocket-version") === "13";
  if (!served) throw new Refusal("upgrade_not_served");
  return true;
}

/** 16 bytes in base64. */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/;

/**
 * Begins the handshake with the upstream for a client that asks for a WebSocket.
 *
 * @throws {Refusal} `bad_request` if the client's own handshake is invalid: RFC 6455, section 4.2.1.
 */
export function handshakeFor({ headers }: OfferingRequest): Handshake {
  if (!KEY.test(headers.get("sec-websocket-key") ?? "")) {
    throw new Refusal("bad_request", "its Sec-WebSocket-Key is not 16 bytes in base64");
  }
  return beginHandshake(parseSubprotocols(headers.get("sec-websocket-protocol")));
}
