import type { UpstreamAddress } from "../../tests/support/upstream_process.ts";

/** How to reach an upstream for many messages. */
export interface BulkAddress extends UpstreamAddress {
  /** Its port without TLS. */
  readonly plainPort: number;
}
