import type { Client } from "./client.ts";

/** One kind of request, sent repeatedly. */
export interface Workload {
  readonly title: string;
  /** The most requests that are started per second. */
  readonly perSecond: number;
  /** The most requests under way at a time: a late one delays the next ones. */
  readonly concurrency: number;
  /** Whether the connection is reused for the next request. */
  readonly keepsAlive?: boolean;
  /** Whether durations are reported. */
  readonly timed?: boolean;
  /**
   * Sends one request and throws if anything is wrong. Unless it `keepsAlive`, the connection is closed afterwards, in
   * any state.
   *
   * @param id Unique to this request.
   */
  run(client: Client, id: number): Promise<unknown>;
}

/** Returns a route's prefix: Bearer for even ids, Basic for odd ones. */
export function prefixFor(id: number): string {
  return id % 2 === 0 ? "/bearer" : "/basic";
}

export const KIB = 1024;
export const MIB = 1024 * KIB;

export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
