/**
 * What a request costs on its whole way: agent, service, upstream over TLS, and back. No other tool is needed.
 *
 *     deno task bench:path [NAME ...] [SECONDS]
 *
 * Names choose some of the works; the seconds are how long each is measured, three unless told.
 *
 * @module
 */

import { residentMemory, type Service } from "../tests/support/service.ts";
import { type Held, untilSignal } from "../tests/support/until_signal.ts";
import { within } from "../tests/support/within.ts";
import { chosen } from "./support/arguments.ts";
import { BenchClient, getRequest } from "./support/client.ts";
import { now } from "../tests/support/clock.ts";
import { canMeasure, megabytes, processorTime } from "../tests/support/process.ts";
import { startService, startUpstream } from "./support/setting.ts";

/** What was counted while a work was measured. */
interface Measurement {
  /** How many of the work's units were done. */
  readonly units: number;
  /** How long it took, in seconds. */
  readonly seconds: number;
  /** What each of them took or how late each came, in milliseconds. */
  readonly delays: readonly number[];
}

interface Workload {
  readonly title: string;
  /** One of what is counted. */
  readonly unit: string;
  /** Does it for about so many seconds; processor time counts from when `start` is called. */
  readonly run: (port: number, seconds: number, start: () => Promise<void>) => Promise<Measurement>;
}

const KIB = 1024;

const WORKLOADS: ReadonlyMap<string, Workload> = new Map<string, Workload>([
  ["1k-1", { title: "1 KiB reply, 1 connection", unit: "request", run: downloads(KIB, 1) }],
  ["1k-16", { title: "1 KiB reply, 16 connections", unit: "request", run: downloads(KIB, 16) }],
  ["100k", { title: "100 KiB reply, 16 connections", unit: "request", run: downloads(100 * KIB, 16) }],
  ["10m", { title: "10 MiB reply, 4 connections", unit: "request", run: downloads(10 * KIB * KIB, 4) }],
  ["events", { title: "200 event streams, 50 ms apart", unit: "event", run: events(200, 50) }],
  ["upload", { title: "100 MiB uploads, chunked", unit: "MiB", run: uploads(100) }],
]);

/** Before each measurement the same is done for so many seconds, for the service's code to be compiled. */
const WARM_UP_S = 1;

/** Replies of one size, asked for again and again on each connection. */
function downloads(bytes: number, connections: number): Workload["run"] {
  return async (port, seconds, start) => {
    const head = getRequest(`bytes/${bytes}`);
    const delays: number[] = [];
    let until = performance.now() + WARM_UP_S * 1000;
    async function ask(client: BenchClient): Promise<void> {
      while (performance.now() < until) {
        const begun = performance.now();
        const arrived = await client.get(head);
        if (arrived !== bytes) throw new Error(`Wanted a reply of ${bytes} bytes, got ${arrived}`);
        delays.push(performance.now() - begun);
      }
    }
    using clients = await connect(port, connections);
    await Promise.all(clients.all.map(ask));
    await start();
    delays.length = 0;
    const begun = performance.now();
    until = begun + seconds * 1000;
    await Promise.all(clients.all.map(ask));
    return { units: delays.length, seconds: (performance.now() - begun) / 1000, delays };
  };
}

/** Streams that last as long as the measurement. A delay is that of an event: from its sending to its arrival. */
function events(streams: number, gap: number): Workload["run"] {
  return async (port, seconds, start) => {
    const count = Math.max(1, Math.round(seconds * 1000 / gap));
    const delays: number[] = [];
    using clients = await connect(port, streams);
    await start();
    const begun = performance.now();
    await Promise.all(clients.all.map(async (client, index) => {
      // Not all in the same moment, as agents would not.
      await new Promise((resolve) => setTimeout(resolve, index * gap / streams));
      let rest = "";
      await client.get(getRequest(`events/${count}/${gap}`), (part) => {
        const arrived = now();
        const whole = (rest + new TextDecoder().decode(part)).split("\n\n");
        rest = whole.pop() ?? "";
        for (const event of whole) delays.push(arrived - Number(/data: ([\d.]+) /.exec(event)?.[1]));
      });
    }));
    const taken = (performance.now() - begun) / 1000;
    if (delays.length !== streams * count) {
      throw new Error(`Wanted ${streams * count} events, got ${delays.length}`);
    }
    return { units: delays.length, seconds: taken, delays };
  };
}

/** Uploads one after the other. A delay is that of an upload. */
function uploads(mebibytes: number): Workload["run"] {
  const bytes = mebibytes * KIB * KIB;
  return async (port, seconds, start) => {
    using client = await BenchClient.connect(port);
    const delays: number[] = [];
    async function send(): Promise<void> {
      const begun = performance.now();
      const arrived = await client.upload(bytes, "chunked");
      if (arrived !== bytes) throw new Error(`Wanted ${bytes} bytes to arrive, got ${arrived}`);
      delays.push(performance.now() - begun);
    }
    await send();
    await start();
    delays.length = 0;
    const begun = performance.now();
    while (performance.now() < begun + seconds * 1000) await send();
    return { units: delays.length * mebibytes, seconds: (performance.now() - begun) / 1000, delays };
  };
}

async function connect(
  port: number,
  count: number,
): Promise<Disposable & { readonly all: readonly BenchClient[] }> {
  const all = await Promise.all(Array.from({ length: count }, () => BenchClient.connect(port)));
  return {
    all,
    [Symbol.dispose]: () => all.forEach((client) => client[Symbol.dispose]()),
  };
}

const WIDTHS = [6, 30, 11, 8, 8, 16] as const;

function print(...cells: readonly string[]): void {
  const line = cells.map((cell, at) =>
    at < 2 ? cell.padEnd(WIDTHS[at] ?? 0) : cell.padStart(WIDTHS[at] ?? 0)
  );
  console.log(line.join(" ").trimEnd());
}

async function main(held: Held, names: readonly string[], seconds: number): Promise<number> {
  const upstream = await held.hold(startUpstream());
  const service = await held.hold(startService(upstream));
  const { pid, port } = service;
  const atStart = canMeasure() ? await residentMemory(pid) : 0;
  print("work", "", "rate", "p50 ms", "p99 ms", canMeasure() ? "processor time" : "");
  for (const [name, { title, unit, run }] of WORKLOADS) {
    if (!names.includes(name)) continue;
    let before = 0;
    const start = async () => void (before = canMeasure() ? await processorTime(pid) : 0);
    const count = await within(run(port, seconds, start), title, (seconds + 60) * 1000);
    const spent = canMeasure() ? await processorTime(pid) - before : 0;
    const each = (spent / count.units) * 1e6;
    const delays = count.delays.toSorted((left, right) => left - right);
    print(
      name,
      title,
      `${significant(count.units / count.seconds)} /s`,
      quantile(delays, 0.5).toFixed(2),
      quantile(delays, 0.99).toFixed(2),
      canMeasure() ? `${significant(each)} us/${unit}` : "",
    );
  }
  console.log(await remarks(service, atStart));
  return 0;
}

async function remarks({ pid }: Service, atStart: number): Promise<string> {
  const shared = `A rate or a delay may be that of the client or the upstream, which share the
${navigator.hardwareConcurrency} processors of this machine with the service. The delay of an event is from its
sending to its arrival; that of an upload is all of it.`;
  if (!canMeasure()) {
    return `
Neither processor time nor resident memory is shown: they are read from /proc,
which this system does not have.

${shared}`;
  }
  const atEnd = await residentMemory(pid);
  return `
Resident memory of the service: ${megabytes(atStart)} MB at start, ${megabytes(atEnd)} MB at the end.

The figure that counts is processor time: that of the service alone, user and
system, all threads, which holds on a busy machine.

${shared}`;
}

/** @param sorted The values in ascending order. */
function quantile(sorted: readonly number[], fraction: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(fraction * sorted.length))] ?? NaN;
}

/** Three digits that count. */
function significant(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

const isSeconds = (argument: string) => /^\d+(?:\.\d+)?$/.test(argument);
const names = chosen([...WORKLOADS.keys()], Deno.args.filter((argument) => !isSeconds(argument)));
const seconds = Math.min(60, Math.max(0.5, Number(Deno.args.find(isSeconds) ?? 3)));
Deno.exit(await untilSignal((held) => main(held, names, seconds)));
