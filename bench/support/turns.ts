/**
 * Measures several programs in turns, so that whatever else the machine does meets all of them.
 *
 * @module
 */

import { childrenOf, processorTime } from "../../tests/support/process.ts";
import { within } from "../../tests/support/within.ts";
import type { Load, Workload } from "./workloads.ts";

/** A running program that passes requests to the upstream. */
export interface Subject extends AsyncDisposable {
  readonly name: string;
  readonly port: number;
  /** Its process; those that it has started belong to it. */
  readonly pid: number;
}

/** What was measured of a subject under one workload: one value per turn. */
export interface Turns {
  /** Processor time per unit, in microseconds: user and system, all threads. */
  readonly cpuUs: number[];
  /** Quantiles of the delays, in milliseconds. */
  readonly p50: number[];
  readonly p99: number[];
}

/** How long to measure. */
export interface TurnOptions {
  readonly turns: number;
  /** The duration of one turn, in seconds. */
  readonly seconds: number;
  /** The duration of the warm-up before the first, in seconds. */
  readonly warmUpS?: number;
}

/** Puts the same load on each subject in turns. @returns What was measured, in the order of the subjects. */
export async function measureInTurns(
  subjects: readonly Subject[],
  workload: Workload,
  { turns, seconds, warmUpS = 1 }: TurnOptions,
): Promise<readonly Turns[]> {
  const loads: Load[] = [];
  try {
    for (const { port } of subjects) loads.push(await workload.open(port));
    for (const load of loads) await limited(load.run(warmUpS));
    const measured = subjects.map((): Turns => ({ cpuUs: [], p50: [], p99: [] }));
    const order = subjects.map((_, at) => at);
    for (let turn = 0; turn < turns; turn++) {
      // Forth and back, since what follows a heavy one may pay for it.
      for (const at of turn % 2 === 0 ? order : order.toReversed()) {
        const before = await timeOf(subjects[at]!.pid);
        const { units, delays } = await limited(loads[at]!.run(seconds));
        const spent = await timeOf(subjects[at]!.pid) - before;
        delays.sort((left, right) => left - right);
        measured[at]!.cpuUs.push(spent / units * 1e6);
        measured[at]!.p50.push(quantile(delays, 0.5));
        measured[at]!.p99.push(quantile(delays, 0.99));
      }
    }
    return measured;
  } finally {
    for (const load of loads) load[Symbol.dispose]();
  }

  function limited<Value>(running: Promise<Value>): Promise<Value> {
    return within(running, workload.title, (seconds + 60) * 1000);
  }
}

/** Returns the processor time of a process and its children, in seconds. */
async function timeOf(pid: number): Promise<number> {
  const pids = [pid, ...await childrenOf(pid)];
  return (await Promise.all(pids.map(processorTime))).reduce((sum, time) => sum + time, 0);
}

/** How much more processor time one program takes than another. */
export interface Ratio {
  /** The median of the ratios of the turns, and their quartiles. */
  readonly median: number;
  readonly quartiles: readonly [number, number];
}

/** Compares what was measured of two programs, turn by turn. */
export function ratioOf(measured: Turns, base: Turns): Ratio {
  const ratios = measured.cpuUs.map((us, turn) => us / base.cpuUs[turn]!).sort((left, right) => left - right);
  return {
    median: quantile(ratios, 0.5),
    quartiles: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
  };
}

/** Returns the median. */
export function median(values: readonly number[]): number {
  return quantile(values.toSorted((left, right) => left - right), 0.5);
}

/** Returns a quantile of values in ascending order. @param fraction From 0 to 1. */
export function quantile(sorted: readonly number[], fraction: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(fraction * sorted.length))] ?? NaN;
}

/** Formats three significant digits. */
export function significant(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
