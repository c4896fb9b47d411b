/** The server that a route forwards to, from the table's `upstream` URL. */
export interface Upstream {
  readonly scheme: "http" | "https";
  /** The host as `Deno.connect` accepts it: lower case, an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
  /** The Host field's value (RFC 9110, section 7.2): brackets around an IPv6 address, no default port. */
  readonly authority: string;
  /** The upstream URL's path without its final slash: `""` or `/base`. May contain one `{token}`. */
  readonly base: string;
}
