/**
 * How a message's body is framed: RFC 9112, section 6.
 *
 * @module
 */

/** How the length of a request's body is conveyed. */
export type RequestFraming =
  | { readonly kind: "none" | "chunked" }
  /** `length`: in bytes. */
  | { readonly kind: "length"; readonly length: number };

/** Where a response's body ends: RFC 9112, section 6.3. `close`: at the end of the connection. */
export type ResponseFraming = RequestFraming | { readonly kind: "close" };
