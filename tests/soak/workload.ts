import type { Client } from "./client.ts";

/** One kind of request, made again and again. */
export interface Workload {
  readonly title: string;
  /** How many are begun in a second at most. */
  readonly perSecond: number;
  /** How many are under way at a time at most: one that is late holds the next ones up. */
  readonly concurrency: number;
  /** Whether the connection serves the next one too. */
  readonly keepsAlive?: boolean;
  /** Whether what each takes is told. */
  readonly timed?: boolean;
  /**
   * Makes one, and throws unless all is as it should be. The connection is closed afterwards, in whatever state it is
   * then, unless it `keeps`.
   *
   * @param id Of this request alone.
   */
  run(client: Client, id: number): Promise<unknown>;
}

/** The routes to the upstream, by their scheme. Each other id takes the other one. */
export function prefixFor(id: number): string {
  return id % 2 === 0 ? "/bearer" : "/basic";
}

export const KIB = 1024;
export const MIB = 1024 * KIB;

export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
