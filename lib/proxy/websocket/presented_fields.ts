import { splitSubprotocols } from "./subprotocols.ts";

/** The fields of a request in which its client presents a token. */
type Fields = Pick<Headers, "get">;

/**
 * Returns the fields by which a client that asks for a WebSocket is authenticated. Browsers, and clients made for them, can
 * send no fields of their own with it, so they present a token as a subprotocol or as the query's `key`. Either stands for
 * `api-key` or `x-goog-api-key`, unless the client sent that.
 *
 * @param query The query, including its `?`.
 */
export function presentedFields(headers: Fields, query: string): Fields {
  return {
    get(name) {
      const value = headers.get(name);
      if (value !== null) return value;
      if (name === "api-key") {
        return splitSubprotocols(headers.get("sec-websocket-protocol") ?? "").credentials[0] ?? null;
      }
      return name === "x-goog-api-key" ? new URLSearchParams(query).get("key") : null;
    },
  };
}
