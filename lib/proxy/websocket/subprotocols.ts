import { Refusal } from "../../http/refusal.ts";
import { isToken } from "../../http/syntax.ts";

/**
 * Subprotocols that are no protocols but credentials: browsers can send no field of their own with a WebSocket, so some
 * services take a key there (`openai-insecure-api-key.KEY`, `base64url.bearer.authorization.k8s.io.TOKEN`).
 */
const CREDENTIAL = /api-?key\.|bearer\.|access-?token\.|auth(?:orization)?-?token\.|^(?:token|jwt|auth)\./i;

/** Subprotocols after which the next one is a credential: `["access_token", TOKEN]`. */
const ANNOUNCES_CREDENTIAL =
  /^(?:bearer|token|jwt|auth|authorization|api[-_]?key|access[-_]?token|auth[-_]?token|id[-_]?token|basic)$/i;

/**
 * Parses the subprotocols that a client offers, without those that are credentials.
 *
 * @param value The value of Sec-WebSocket-Protocol.
 * @throws {Refusal} `bad_request` if it is no list of tokens: RFC 6455, section 4.1.
 */
export function parseSubprotocols(value: string | null): readonly string[] {
  if (value === null) return [];
  const offered = value.split(",").map((protocol) => protocol.trim());
  if (!offered.every(isToken)) {
    throw new Refusal("bad_request", "its Sec-WebSocket-Protocol is not a list of tokens");
  }
  return offered.filter((protocol, index) =>
    !CREDENTIAL.test(protocol) && !ANNOUNCES_CREDENTIAL.test(protocol) &&
    (index === 0 || !ANNOUNCES_CREDENTIAL.test(offered[index - 1]!))
  );
}
