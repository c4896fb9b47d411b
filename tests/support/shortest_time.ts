import process from "node:process";

/** How often an action is tried that takes too long. */
const TRIES = 5;

/**
 * Returns the shortest time that an action took in some tries, in milliseconds. Another program may delay any one of them;
 * what the action itself costs is in all.
 *
 * @param enough No more is tried after a try that took less than this, in milliseconds.
 */
export async function shortestTime(action: () => unknown, enough: number): Promise<number> {
  let shortest = Infinity;
  for (let count = 0; count < TRIES && shortest >= enough; count++) {
    const began = performance.now();
    await action();
    shortest = Math.min(shortest, performance.now() - began);
  }
  return shortest;
}

/** Returns the least processor time that an action took in some tries, in milliseconds, whatever else the machine does. */
export async function shortestProcessorTime(action: () => unknown, enough: number): Promise<number> {
  let shortest = Infinity;
  for (let count = 0; count < TRIES && shortest >= enough; count++) {
    const began = process.cpuUsage();
    await action();
    const { user, system } = process.cpuUsage(began);
    shortest = Math.min(shortest, (user + system) / 1000);
  }
  return shortest;
}
