/**
 * The framing of a message's body: RFC 9112, section 6.
 *
 * @module
 */

/** The framing of a request's body. */
export type RequestFraming =
  | { readonly kind: "none" | "chunked" }
  /** `length`: in bytes. */
  | { readonly kind: "length"; readonly length: number };

/** The framing of a response's body: RFC 9112, section 6.3. `close`: the body ends with the connection. */
export type ResponseFraming = RequestFraming | { readonly kind: "close" };
