/**
 * What large bodies do to the resident memory of the service: 1 GiB up, 1 GiB down, and a reader that stands still.
 *
 *     deno task bench:memory [NAME ...]
 *
 * Each transfer has a service of its own, so that none profits from what the one before has left behind. Ends with 1
 * when one of them raises the memory by {@linkcode LIMIT_BYTES} or more.
 *
 * @module
 */

import { residentMemory, type Service } from "../tests/support/service.ts";
import { type Held, untilSignal } from "../tests/support/until_signal.ts";
import { within } from "../tests/support/within.ts";
import { chosen } from "./support/arguments.ts";
import { BenchClient, getRequest } from "./support/client.ts";
import { canMeasure, megabytes, MemoryWatch } from "../tests/support/process.ts";
import { startService, startUpstream } from "./support/setting.ts";

const GIB = 1024 ** 3;

/** What none of the transfers may add, in bytes. */
const LIMIT_BYTES = 40_000_000;

/** How often the memory is looked at, in milliseconds. */
const INTERVAL_MS = 20;

/** How long the reader stands still, in milliseconds. */
const PAUSE_MS = 10_000;

/** How long a transfer may take, in milliseconds. */
const TIMEOUT_MS = 60_000;

/** Requests before it is measured: what any service has learnt after a while. */
const WARM_UP_REQUESTS = 1_000;

/** Gives how many bytes arrived where they were meant to. */
type Transfer = (client: BenchClient) => Promise<number>;

const TRANSFERS: ReadonlyMap<string, Transfer> = new Map<string, Transfer>([
  ["upload-length", (client) => client.upload(GIB, "length")],
  ["upload-chunked", (client) => client.upload(GIB, "chunked")],
  ["download-length", (client) => client.get(getRequest(`bytes/${GIB}`))],
  ["download-chunked", (client) => client.get(getRequest(`chunked/${GIB}`))],
  ["reader-stops", pausedDownload],
]);

/** Reads a little, then nothing for a while, then the rest. */
function pausedDownload(client: BenchClient): Promise<number> {
  let taken = 0;
  let stood = false;
  return client.get(getRequest(`chunked/${GIB}`), async (part) => {
    taken += part.length;
    if (stood || taken < 1_000_000) return;
    stood = true;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  });
}

const COLUMNS = ["transfer        ", " start", "before", "  peak", " after", "  rise", "     time"];

async function main(held: Held, names: readonly string[]): Promise<number> {
  console.log(
    `Resident memory of the service in MB (1 MB is 1 000 000 bytes), looked at every ${INTERVAL_MS} ms.
Each body is 1 GiB. "before" is after ${WARM_UP_REQUESTS} small requests; the rise is from there to the peak.
`,
  );
  console.log(COLUMNS.join("  "));
  const upstream = await held.hold(startUpstream());
  let good = true;
  for (const [name, transfer] of TRANSFERS) {
    if (!names.includes(name)) continue;
    const service = await held.hold(startService(upstream));
    good = await measure(service, name, transfer) && good;
    await service.stop();
  }
  console.log(`\n${good ? "Each" : "NOT each"} rise is below ${megabytes(LIMIT_BYTES)} MB.`);
  return good ? 0 : 1;
}

async function measure(service: Service, name: string, transfer: Transfer): Promise<boolean> {
  const start = await residentMemory(service.pid);
  await warmUp(service.port);
  const before = await residentMemory(service.pid);
  const begun = performance.now();
  const peak = await peakDuring(service, name, transfer);
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  const after = await residentMemory(service.pid);
  const rise = peak - before;
  const cells = [name, ...[start, before, peak, after, rise].map(megabytes), `${seconds} s`];
  const line = cells.map((cell, at) => at === 0 ? cell.padEnd(16) : cell.padStart(COLUMNS[at]?.length ?? 0));
  console.log(`${line.join("  ")}${rise < LIMIT_BYTES ? "" : "  TOO MUCH"}`);
  return rise < LIMIT_BYTES;
}

async function peakDuring(service: Service, name: string, transfer: Transfer): Promise<number> {
  using client = await BenchClient.connect(service.port);
  await using memory = new MemoryWatch(service.pid, INTERVAL_MS);
  const bytes = await within(transfer(client), name, TIMEOUT_MS);
  if (bytes !== GIB) throw new Error(`${name}: wanted ${GIB} bytes to arrive, got ${bytes}`);
  return memory.peak;
}

async function warmUp(port: number): Promise<void> {
  using client = await BenchClient.connect(port);
  const head = getRequest("bytes/1024");
  for (let count = 0; count < WARM_UP_REQUESTS; count++) await client.get(head);
}

const names = chosen([...TRANSFERS.keys()], Deno.args);
if (!canMeasure()) {
  console.error("Resident memory is read from /proc, which this system does not have.");
  Deno.exit(1);
}
Deno.exit(await untilSignal((held) => main(held, names)));
