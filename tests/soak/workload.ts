import type { Agent } from "./client.ts";

/** One kind of request, made again and again. */
export interface Kind {
  readonly title: string;
  /** How many are begun in a second at most. */
  readonly perSecond: number;
  /** How many are under way at a time at most: one that is late holds the next ones up. */
  readonly atOnce: number;
  /** Whether the connection serves the next one too. */
  readonly keeps?: boolean;
  /** Whether what each takes is told. */
  readonly timed?: boolean;
  /**
   * Makes one, and throws unless all is as it should be. The connection is closed afterwards, in whatever state it is
   * then, unless it `keeps`.
   *
   * @param id Of this request alone.
   */
  run(agent: Agent, id: number): Promise<unknown>;
}

/** The routes to the upstream, by their scheme. Each other id takes the other one. */
export function routeOf(id: number): string {
  return id % 2 === 0 ? "/bearer" : "/basic";
}

export const KIB = 1024;
export const MIB = 1024 * KIB;

export function rest(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
