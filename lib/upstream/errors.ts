import { UpstreamUntrusted } from "./dial.ts";
import { TunnelRefused } from "./tunnel.ts";

/** Whether a failure lasts until somebody changes a configuration, so that asking again is no use. */
export function isPermanent(error: unknown): boolean {
  if (error instanceof UpstreamUntrusted) return true;
  // What the egress proxy forbids, or wants credentials for: RFC 9110, sections 15.5.4 and 15.5.8.
  return error instanceof TunnelRefused && (error.status === 403 || error.status === 407);
}
