import { isHandshakeField } from "../../http/field_names.ts";
import { type Handshake, handshakeFields } from "../../upstream/websocket/handshake.ts";
import type { OutgoingField } from "../../upstream/transport.ts";
import { type RequestFieldRules, requestFields } from "../build_request.ts";

/** What the client sent, and what becomes of it. */
export interface WebSocketFieldsOptions {
  readonly headers: Pick<Headers, "forEach" | "get">;
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
  const forwarded: Pick<Headers, "forEach" | "get"> = {
    get: (name) => headers.get(name),
    forEach(visit) {
      headers.forEach((value, name, parent) => {
        if (!isHandshakeField(name) && (browsers || name !== "origin")) visit(value, name, parent);
      });
    },
  };
  const fields = requestFields(rules, { headers: forwarded, framing: { kind: "none" } });
  return [...fields, ...handshakeFields(handshake)];
}
