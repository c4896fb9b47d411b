/**
 * The opening handshake as a client: RFC 6455, section 4.1.
 *
 * @module
 */

import { BadResponse } from "../errors.ts";
import type { ResponseHead } from "../response_head.ts";
import type { OutgoingField } from "../transport.ts";

/** What a client asks the upstream for. */
export interface Handshake {
  /** A nonce: 16 random bytes in base64. */
  readonly key: string;
  /** The subprotocols that are offered, the preferred one first. */
  readonly protocols: readonly string[];
}

/** Begins a handshake. */
export function beginHandshake(protocols: readonly string[]): Handshake {
  return { key: crypto.getRandomValues(new Uint8Array(16)).toBase64(), protocols };
}

/** Returns the fields that ask for a WebSocket, without extensions. */
export function handshakeFields({ key, protocols }: Handshake): OutgoingField[] {
  const fields: OutgoingField[] = [
    ["connection", "Upgrade"],
    ["upgrade", "websocket"],
    ["sec-websocket-version", "13"],
    ["sec-websocket-key", key],
  ];
  if (protocols.length > 0) fields.push(["sec-websocket-protocol", protocols.join(", ")]);
  return fields;
}

/**
 * Checks the head of a 101: RFC 6455, section 4.1, the checks of the server's response.
 *
 * @returns The subprotocol that the server chose, if any.
 * @throws {BadResponse} If it does not agree to what was asked for.
 */
export async function assertAgreed(
  head: ResponseHead,
  { key, protocols }: Handshake,
): Promise<string | undefined> {
  const valuesOf = (name: string) =>
    head.fields.filter((field) => field[0] === name).map((field) => field[1]);
  if (valuesOf("upgrade").join().toLowerCase() !== "websocket") {
    throw new BadResponse("protocol change to something else than a WebSocket");
  }
  const options = head.framing.connection?.toLowerCase().split(",").map((option) => option.trim());
  if (!options?.includes("upgrade")) throw new BadResponse("protocol change without Connection: Upgrade");
  if (valuesOf("sec-websocket-accept").join() !== await acceptFor(key)) {
    throw new BadResponse("wrong Sec-WebSocket-Accept");
  }
  if (valuesOf("sec-websocket-extensions").length > 0) {
    throw new BadResponse("WebSocket extension that was not offered");
  }
  const [protocol, ...others] = valuesOf("sec-websocket-protocol");
  if (others.length > 0 || (protocol !== undefined && !protocols.includes(protocol))) {
    throw new BadResponse("WebSocket subprotocol that was not offered");
  }
  return protocol;
}

/** RFC 6455, section 1.3. */
const SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** Returns the value of Sec-WebSocket-Accept by which a server proves that it understood the key. */
export async function acceptFor(key: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(key + SUFFIX));
  return new Uint8Array(digest).toBase64();
}
