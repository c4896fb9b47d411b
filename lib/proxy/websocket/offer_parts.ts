/**
 * What looks at a client's offer to change the protocol; see `late_websocket.ts`.
 *
 * @module
 */

export { webSocketFields } from "./handshake_fields.ts";
export { asksForWebSocket, handshakeFor } from "./offer.ts";
export { presentedFields } from "./presented_fields.ts";
export { hasControl } from "./runtime_socket.ts";
