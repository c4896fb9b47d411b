import { Refusal } from "../../http/refusal.ts";
import { isToken } from "../../http/syntax.ts";

/**
 * Subprotocols that are no protocols but credentials: browsers can send no field of their own with a WebSocket, so some
 * services take a key there (`openai-insecure-api-key.KEY`, `base64url.bearer.authorization.k8s.io.TOKEN`).
 */
const CREDENTIAL =
  /api-?key\.|bearer\.authorization\.k8s\.io\.|bearer\.|access-?token\.|auth(?:orization)?-?token\.|^(?:token|jwt|auth)\./i;

/** Subprotocols after which the next one is a credential: `["access_token", TOKEN]`. */
const ANNOUNCES_CREDENTIAL =
  /^(?:bearer|token|jwt|auth|authorization|api[-_]?key|access[-_]?token|auth[-_]?token|id[-_]?token|basic)$/i;

/** A list of subprotocols, taken apart. */
export interface Subprotocols {
  /** Those that are protocols. */
  readonly protocols: readonly string[];
  /** The credentials among them, without what announces each. */
  readonly credentials: readonly string[];
}

/** Takes the value of a Sec-WebSocket-Protocol field apart. */
export function splitSubprotocols(value: string): Subprotocols {
  const protocols: string[] = [];
  const credentials: string[] = [];
  let announced = false;
  for (const item of value.split(",")) {
    const protocol = item.trim();
    const found = CREDENTIAL.exec(protocol);
    if (announced) credentials.push(protocol);
    else if (found !== null) credentials.push(protocol.slice(found.index + found[0].length));
    else if (!ANNOUNCES_CREDENTIAL.test(protocol)) protocols.push(protocol);
    announced = !announced && ANNOUNCES_CREDENTIAL.test(protocol);
  }
  return { protocols, credentials };
}

/**
 * Parses the subprotocols that a client offers, without those that are credentials.
 *
 * @param value The value of Sec-WebSocket-Protocol.
 * @throws {Refusal} `bad_request` if it is no list of tokens: RFC 6455, section 4.1.
 */
export function parseSubprotocols(value: string | null): readonly string[] {
  if (value === null) return [];
  if (!value.split(",").every((protocol) => isToken(protocol.trim()))) {
    throw new Refusal("bad_request", "its Sec-WebSocket-Protocol is not a list of tokens");
  }
  return splitSubprotocols(value).protocols;
}
