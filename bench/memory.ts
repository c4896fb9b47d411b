/**
 * Measures how much large bodies add to the service's resident memory: 1 GiB up, 1 GiB down, and a client that pauses.
 *
 *     deno task bench:memory [NAME ...]
 *
 * Each transfer has a service of its own, so that memory left by one does not hide the growth of the next. Exits with 1
 * if one of them adds {@linkcode LIMIT_BYTES} or more.
 *
 * @module
 */

import { residentMemory, type Service } from "../tests/support/service.ts";
import { type Resources, untilSignal } from "../tests/support/until_signal.ts";
import { within } from "../tests/support/within.ts";
import { selectNames } from "../tests/support/select_names.ts";
import { BenchClient, getRequest } from "./support/client.ts";
import { canMeasure, megabytes, MemoryWatch } from "../tests/support/process.ts";
import { startService, startUpstream } from "./support/setting.ts";

const GIB = 1024 ** 3;

/** No transfer may add as much, in bytes. */
const LIMIT_BYTES = 40_000_000;

/** Milliseconds between two samples of the memory. */
const INTERVAL_MS = 20;

/** How long the client pauses, in milliseconds. */
const PAUSE_MS = 10_000;

/** How long a transfer may take, in milliseconds. */
const TIMEOUT_MS = 60_000;

/** Requests before the measurement, so that it does not include compiled code and warm caches. */
const WARM_UP_REQUESTS = 1_000;

/** Returns the number of bytes that arrived. */
type Transfer = (client: BenchClient) => Promise<number>;

const TRANSFERS: ReadonlyMap<string, Transfer> = new Map<string, Transfer>([
  ["upload-length", (client) => client.upload(GIB, "length")],
  ["upload-chunked", (client) => client.upload(GIB, "chunked")],
  ["download-length", (client) => client.get(getRequest(`bytes/${GIB}`))],
  ["download-chunked", (client) => client.get(getRequest(`chunked/${GIB}`))],
  ["client-pauses", pausedDownload],
]);

/** Reads a little, pauses, then reads the rest. */
function pausedDownload(client: BenchClient): Promise<number> {
  let received = 0;
  let paused = false;
  return client.get(getRequest(`chunked/${GIB}`), async (part) => {
    received += part.length;
    if (paused || received < 1_000_000) return;
    paused = true;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  });
}

const COLUMNS = ["transfer        ", " start", "before", "  peak", " after", "  rise", "     time"];

async function main(resources: Resources, names: readonly string[]): Promise<number> {
  console.log(
    `Resident memory of the service in MB (1 MB is 1 000 000 bytes), sampled every ${INTERVAL_MS} ms.
Each body is 1 GiB. "before" is after ${WARM_UP_REQUESTS} small requests; "rise" is from there to the peak.
`,
  );
  console.log(COLUMNS.join("  "));
  const upstream = await resources.use(startUpstream());
  let withinLimit = true;
  for (const [name, transfer] of TRANSFERS) {
    if (!names.includes(name)) continue;
    const service = await resources.use(startService(upstream));
    withinLimit = await measure(service, name, transfer) && withinLimit;
    await service.stop();
  }
  console.log(`\n${withinLimit ? "Every rise is" : "NOT every rise is"} below ${megabytes(LIMIT_BYTES)} MB.`);
  return withinLimit ? 0 : 1;
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
  console.log(`${line.join("  ")}${rise < LIMIT_BYTES ? "" : "  OVER THE LIMIT"}`);
  return rise < LIMIT_BYTES;
}

async function peakDuring(service: Service, name: string, transfer: Transfer): Promise<number> {
  using client = await BenchClient.connect(service.port);
  await using memory = new MemoryWatch(service.pid, INTERVAL_MS);
  const bytes = await within(transfer(client), name, TIMEOUT_MS);
  if (bytes !== GIB) throw new Error(`${name}: expected ${GIB} bytes to arrive, got ${bytes}`);
  return memory.peak;
}

async function warmUp(port: number): Promise<void> {
  using client = await BenchClient.connect(port);
  const head = getRequest("bytes/1024");
  for (let count = 0; count < WARM_UP_REQUESTS; count++) await client.get(head);
}

const names = selectNames([...TRANSFERS.keys()], Deno.args);
if (!canMeasure()) {
  console.error("Resident memory is read from /proc, which this system does not have.");
  Deno.exit(1);
}
Deno.exit(await untilSignal((resources) => main(resources, names)));
