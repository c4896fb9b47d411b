/** What the upstream of many WebSockets has counted. */
export interface EchoReport {
  /** How many messages it has sent back, by the connection's number. */
  readonly sentBack: Readonly<Record<string, number>>;
  /** Errors of connections. */
  readonly errors: readonly string[];
}
