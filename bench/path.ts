/**
 * Measures whole requests: client, service, upstream over TLS, and back. No other tool is needed.
 *
 *     deno task bench:path [NAME ...] [SECONDS]
 *
 * Names select workloads; the seconds are how long each is measured, three by default.
 *
 * @module
 */

import { residentMemory, type Service } from "../tests/support/service.ts";
import { type Resources, untilSignal } from "../tests/support/until_signal.ts";
import { within } from "../tests/support/within.ts";
import { selectNames } from "../tests/support/select_names.ts";
import { canMeasure, megabytes, processorTime } from "../tests/support/process.ts";
import { startService, startUpstream } from "./support/setting.ts";
import { WORKLOADS } from "./support/workloads.ts";

const WIDTHS = [8, 32, 11, 8, 8, 16] as const;

function print(...cells: readonly string[]): void {
  const line = cells.map((cell, at) =>
    at < 2 ? cell.padEnd(WIDTHS[at] ?? 0) : cell.padStart(WIDTHS[at] ?? 0)
  );
  console.log(line.join(" ").trimEnd());
}

async function main(resources: Resources, names: readonly string[], seconds: number): Promise<number> {
  const upstream = await resources.use(startUpstream());
  const service = await resources.use(startService(upstream));
  const { pid, port } = service;
  const atStart = canMeasure() ? await residentMemory(pid) : 0;
  print("workload", "", "rate", "p50 ms", "p99 ms", canMeasure() ? "processor time" : "");
  for (const [name, { title, unit, run }] of WORKLOADS) {
    if (!names.includes(name)) continue;
    let before = 0;
    const onStart = async () => void (before = canMeasure() ? await processorTime(pid) : 0);
    const measured = await within(run(port, seconds, onStart), title, (seconds + 60) * 1000);
    const spent = canMeasure() ? await processorTime(pid) - before : 0;
    const perUnit = (spent / measured.units) * 1e6;
    const delays = measured.delays.toSorted((left, right) => left - right);
    print(
      name,
      title,
      `${significant(measured.units / measured.seconds)} /s`,
      quantile(delays, 0.5).toFixed(2),
      quantile(delays, 0.99).toFixed(2),
      canMeasure() ? `${significant(perUnit)} us/${unit}` : "",
    );
  }
  console.log(await remarks(service, atStart));
  return 0;
}

async function remarks({ pid }: Service, atStart: number): Promise<string> {
  const shared =
    `Client and upstream share the ${navigator.hardwareConcurrency} processors of this machine with the
service, so a rate or a delay may be limited by them. The delay of an event is
from its sending to its arrival; that of an upload is its duration.`;
  if (!canMeasure()) {
    return `
Processor time and resident memory are read from /proc, which this system does
not have.

${shared}`;
  }
  const atEnd = await residentMemory(pid);
  return `
Resident memory of the service: ${megabytes(atStart)} MB at start, ${megabytes(atEnd)} MB at the end.

Compare processor time: it is that of the service alone, user and system, all
threads, and does not depend on what else the machine does.

${shared}`;
}

/** Returns a quantile of values in ascending order. @param fraction From 0 to 1. */
function quantile(sorted: readonly number[], fraction: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(fraction * sorted.length))] ?? NaN;
}

/** Formats three significant digits. */
function significant(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

const isSeconds = (argument: string) => /^\d+(?:\.\d+)?$/.test(argument);
const names = selectNames([...WORKLOADS.keys()], Deno.args.filter((argument) => !isSeconds(argument)));
const seconds = Math.min(60, Math.max(0.5, Number(Deno.args.find(isSeconds) ?? 3)));
Deno.exit(await untilSignal((resources) => main(resources, names, seconds)));
