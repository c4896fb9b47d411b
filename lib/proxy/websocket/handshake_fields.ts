import type { Fields } from "../../http/fields.ts";
import { isHandshakeField } from "../../http/field_names.ts";
import { type Handshake, handshakeFields } from "../../upstream/websocket/handshake.ts";
import type { OutgoingField } from "../../upstream/transport.ts";
import { type RequestFieldRules, requestFields } from "../build_request.ts";

/** What the client sent, and what becomes of it. */
export interface WebSocketFieldsOptions {
  readonly headers: Fields;
  readonly handshake: Handshake;
  /**
   * Whether the client may be a web page. Only then is its Origin forwarded: to the upstream, a client that is no browser
   * would look like one.
   */
  readonly browsers: boolean;
}

/**
 * Builds the field lines of a handshake with the upstream, except the credential, which is added last. None of those of the
 * client's handshake is forwarded: not its key, nor extensions, which would change the meaning of the bits in a frame.
 */
export function webSocketFields(
  rules: RequestFieldRules,
  { headers, handshake, browsers }: WebSocketFieldsOptions,
): OutgoingField[] {
  const forwarded: Fields = {
    get: (name) => headers.get(name),
    forEach(visit) {
      headers.forEach((value, name) => {
        if (!isHandshakeField(name) && (browsers || name !== "origin")) visit(value, name);
      });
    },
  };
  const fields = requestFields(rules, { headers: forwarded, framing: { kind: "none" } });
  return [...fields, ...handshakeFields(handshake)];
}
