/**
 * The workloads of `bench:path`: downloads, event streams and uploads.
 *
 * @module
 */

import { now } from "../../tests/support/clock.ts";
import { BenchClient, getRequest } from "./client.ts";

/** What a workload counted while it was measured. */
export interface Measurement {
  /** How many units were done. */
  readonly units: number;
  /** How long it took, in seconds. */
  readonly seconds: number;
  /** How long each one took or how late it arrived, in milliseconds. */
  readonly delays: readonly number[];
}

/** Something that is done with the service for a while. */
export interface Workload {
  readonly title: string;
  /** The name of what is counted. */
  readonly unit: string;
  readonly run: Run;
}

/**
 * Runs a workload for about a number of seconds, after a warm-up.
 *
 * @param port The service's port.
 * @param onStart Called when the warm-up is over: processor time counts from here.
 */
export type Run = (port: number, seconds: number, onStart: () => Promise<void>) => Promise<Measurement>;

const KIB = 1024;

/** All workloads by name. */
export const WORKLOADS: ReadonlyMap<string, Workload> = new Map<string, Workload>([
  ["1k-1", { title: "1 KiB response, 1 connection", unit: "request", run: downloads(KIB, 1) }],
  ["1k-16", { title: "1 KiB response, 16 connections", unit: "request", run: downloads(KIB, 16) }],
  ["100k", { title: "100 KiB response, 16 connections", unit: "request", run: downloads(100 * KIB, 16) }],
  ["10m", { title: "10 MiB response, 4 connections", unit: "request", run: downloads(10 * KIB * KIB, 4) }],
  ["events", { title: "200 event streams, 50 ms apart", unit: "event", run: events(200, 50) }],
  ["upload", { title: "100 MiB uploads, chunked", unit: "MiB", run: uploads(100) }],
]);

/** Seconds of warm-up, in which the service's code is compiled. */
const WARM_UP_S = 1;

/** Requests responses of one size on each connection, one after the other. */
function downloads(bytes: number, connections: number): Run {
  return async (port, seconds, onStart) => {
    const request = getRequest(`bytes/${bytes}`);
    const delays: number[] = [];
    let until = performance.now() + WARM_UP_S * 1000;
    async function download(client: BenchClient): Promise<void> {
      while (performance.now() < until) {
        const begun = performance.now();
        const arrived = await client.get(request);
        if (arrived !== bytes) throw new Error(`Expected a response of ${bytes} bytes, got ${arrived}`);
        delays.push(performance.now() - begun);
      }
    }
    using clients = await connect(port, connections);
    await Promise.all(clients.all.map(download));
    await onStart();
    delays.length = 0;
    const begun = performance.now();
    until = begun + seconds * 1000;
    await Promise.all(clients.all.map(download));
    return { units: delays.length, seconds: (performance.now() - begun) / 1000, delays };
  };
}

/** Reads streams that last as long as the measurement. A delay is from an event's sending to its arrival. */
function events(streams: number, intervalMs: number): Run {
  return async (port, seconds, onStart) => {
    const count = Math.max(1, Math.round(seconds * 1000 / intervalMs));
    const delays: number[] = [];
    using clients = await connect(port, streams);
    await onStart();
    const begun = performance.now();
    await Promise.all(clients.all.map(async (client, index) => {
      // Spread over the interval, since real clients do not start at the same moment.
      await new Promise((resolve) => setTimeout(resolve, index * intervalMs / streams));
      let rest = "";
      await client.get(getRequest(`events/${count}/${intervalMs}`), (part) => {
        const arrived = now();
        const whole = (rest + new TextDecoder().decode(part)).split("\n\n");
        rest = whole.pop() ?? "";
        for (const event of whole) delays.push(arrived - Number(/data: ([\d.]+) /.exec(event)?.[1]));
      });
    }));
    const elapsed = (performance.now() - begun) / 1000;
    if (delays.length !== streams * count) {
      throw new Error(`Expected ${streams * count} events, got ${delays.length}`);
    }
    return { units: delays.length, seconds: elapsed, delays };
  };
}

/** Uploads content, one request after the other. A delay is the duration of an upload. */
function uploads(mebibytes: number): Run {
  const bytes = mebibytes * KIB * KIB;
  return async (port, seconds, onStart) => {
    using client = await BenchClient.connect(port);
    const delays: number[] = [];
    async function upload(): Promise<void> {
      const begun = performance.now();
      const arrived = await client.upload(bytes, "chunked");
      if (arrived !== bytes) throw new Error(`Expected ${bytes} bytes to arrive, got ${arrived}`);
      delays.push(performance.now() - begun);
    }
    await upload();
    await onStart();
    delays.length = 0;
    const begun = performance.now();
    while (performance.now() < begun + seconds * 1000) await upload();
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
