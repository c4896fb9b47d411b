/**
 * The workloads of the benchmarks: downloads, event streams and uploads.
 *
 * @module
 */

import { now } from "../../tests/support/clock.ts";
import { BenchClient, getRequest } from "./client.ts";

/** What a workload counted while it was measured. */
export interface Measurement {
  /** How many units were done. */
  readonly units: number;
  /** How long each one took or how late it arrived, in milliseconds. */
  readonly delays: number[];
}

/** Clients with their connections. */
export interface Load extends Disposable {
  /** Works for about a number of seconds. */
  run(seconds: number): Promise<Measurement>;
}

/** Something that is done with a program for a while. */
export interface Workload {
  readonly title: string;
  /** The name of what is counted. */
  readonly unit: string;
  /** Connects the clients. @param port The program's port on 127.0.0.1. */
  readonly open: (port: number) => Promise<Load>;
}

const KIB = 1024;

/** All workloads by name. */
export const WORKLOADS: ReadonlyMap<string, Workload> = new Map<string, Workload>([
  ["1k-1", { title: "1 KiB × 1", unit: "request", open: downloads("bytes", KIB, 1) }],
  ["1k-16", { title: "1 KiB × 16", unit: "request", open: downloads("bytes", KIB, 16) }],
  ["1k-64", { title: "1 KiB × 64", unit: "request", open: downloads("bytes", KIB, 64) }],
  ["1k-256", { title: "1 KiB × 256", unit: "request", open: downloads("bytes", KIB, 256) }],
  ["chunked", { title: "1 KiB in chunks × 16", unit: "request", open: downloads("chunked", KIB, 16) }],
  ["100k", { title: "100 KiB × 16", unit: "request", open: downloads("bytes", 100 * KIB, 16) }],
  ["10m", { title: "10 MiB × 4", unit: "request", open: downloads("bytes", 10 * KIB * KIB, 4) }],
  ["events", { title: "200 event streams, 50 ms apart", unit: "event", open: events(200, 50) }],
  ["upload", { title: "20 MiB uploads, chunked", unit: "MiB", open: uploads(20) }],
]);

/** Requests responses of one size on each connection, one after the other. */
function downloads(framing: "bytes" | "chunked", bytes: number, connections: number): Workload["open"] {
  const request = getRequest(`${framing}/${bytes}`);
  return async (port) => {
    const clients = await connect(port, connections);
    return {
      async run(seconds) {
        const delays: number[] = [];
        const until = performance.now() + seconds * 1000;
        await Promise.all(clients.map(async (client) => {
          for (let begun = performance.now(); begun < until; begun = performance.now()) {
            const arrived = await client.get(request);
            if (arrived !== bytes) throw new Error(`Expected a response of ${bytes} bytes, got ${arrived}`);
            delays.push(performance.now() - begun);
          }
        }));
        return { units: delays.length, delays };
      },
      [Symbol.dispose]: () => closeAll(clients),
    };
  };
}

/** Reads streams that last as long as the measurement. A delay is from an event's sending to its arrival. */
function events(streams: number, intervalMs: number): Workload["open"] {
  return async (port) => {
    const clients = await connect(port, streams);
    return {
      async run(seconds) {
        const count = Math.max(1, Math.round(seconds * 1000 / intervalMs));
        const delays: number[] = [];
        await Promise.all(clients.map(async (client, index) => {
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
        if (delays.length !== streams * count) {
          throw new Error(`Expected ${streams * count} events, got ${delays.length}`);
        }
        return { units: delays.length, delays };
      },
      [Symbol.dispose]: () => closeAll(clients),
    };
  };
}

/** Uploads content, one request after the other. A delay is the duration of an upload. */
function uploads(mebibytes: number): Workload["open"] {
  const bytes = mebibytes * KIB * KIB;
  return async (port) => {
    const client = await BenchClient.connect(port);
    return {
      async run(seconds) {
        const delays: number[] = [];
        const until = performance.now() + seconds * 1000;
        for (let begun = performance.now(); begun < until; begun = performance.now()) {
          const arrived = await client.upload(bytes, "chunked");
          if (arrived !== bytes) throw new Error(`Expected ${bytes} bytes to arrive, got ${arrived}`);
          delays.push(performance.now() - begun);
        }
        return { units: delays.length * mebibytes, delays };
      },
      [Symbol.dispose]: () => client[Symbol.dispose](),
    };
  };
}

function connect(port: number, count: number): Promise<BenchClient[]> {
  return Promise.all(Array.from({ length: count }, () => BenchClient.connect(port)));
}

function closeAll(clients: readonly BenchClient[]): void {
  for (const client of clients) client[Symbol.dispose]();
}
