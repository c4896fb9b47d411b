import type { Resources } from "../support/until_signal.ts";
import { within } from "../support/within.ts";
import { Client } from "./client.ts";
import { readEvents } from "./events.ts";
import { nextId } from "./load.ts";
import { printSample, printSampleHeader, sampleProcess, waitForFiles } from "./process_sample.ts";
import { startProxy, startUpstream } from "./processes.ts";
import { quantile } from "./workload_result.ts";
import { LeakDetector } from "./tokens.ts";
import { exitStatus } from "./exit_status.ts";

const STREAMS = 1_000;

/** Between the events of a stream, in milliseconds. */
const GAP_MS = 500;

/** How much longer each stream lasts, in seconds, so that all are open at once for the requested time. */
const OPENING_S = 15;

/** Runs event streams, all open at once for `seconds`. */
export async function streams(resources: Resources, seconds: number): Promise<number> {
  const upstream = await resources.use(startUpstream());
  const service = await resources.use(startProxy(upstream));
  const detector = new LeakDetector();
  const count = Math.ceil((seconds + OPENING_S) * 1000 / GAP_MS);
  console.log(`${STREAMS} streams of ${count} events each, ${GAP_MS} ms apart.`);
  const start = await sampleProcess(service.pid);
  printSampleHeader();
  printSample("at the start", start);

  const delays: number[] = [];
  const broken = new Map<string, number>();
  let [lastBegin, firstEnd, complete] = [0, Infinity, 0];
  async function stream(): Promise<void> {
    try {
      const client = await Client.connect(service.port, detector);
      try {
        await readEvents(client, { id: nextId(), count, gapMs: GAP_MS }, {
          onBegin: () => lastBegin = performance.now(),
          onEvent: (delay) => delays.push(delay),
        });
      } finally {
        firstEnd = Math.min(firstEnd, performance.now());
        client.close();
      }
      complete++;
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      broken.set(what, (broken.get(what) ?? 0) + 1);
    }
  }

  const halfway = new Promise((resolve) => setTimeout(resolve, (OPENING_S + seconds / 2) * 1000))
    .then(() => sampleProcess(service.pid));
  const all = Promise.all(Array.from({ length: STREAMS }, stream));
  await within(all, "The end of the streams", (OPENING_S + seconds) * 1000 + 60_000);
  printSample("all streams open", await halfway);
  printSample("all streams ended", await sampleProcess(service.pid));
  service.kill("SIGHUP");
  const end = await waitForFiles(service.pid, start.files, 10_000);
  printSample("after a reload", end);
  await service.stop();

  const together = (firstEnd - lastBegin) / 1000;
  const sorted = delays.toSorted((left, right) => left - right);
  console.log(`
all open at once for ${
    together.toFixed(1)
  } s; complete: ${complete} of ${STREAMS}; events: ${delays.length} of ${STREAMS * count}
from an event's sending to its arrival: p50 ${quantile(sorted, 0.5).toFixed(1)} ms, p99 ${
    quantile(sorted, 0.99).toFixed(1)
  } ms`);
  for (const [what, times] of broken) console.log(`  ${times} times: ${what}`);
  return exitStatus([
    [complete === STREAMS, `${STREAMS - complete} streams were truncated`],
    [delays.length === STREAMS * count, "Events are missing"],
    [together >= seconds, `All were open for ${together.toFixed(1)} s only`],
    [end.files <= start.files, `${end.files - start.files} files are left open`],
    [detector.leaks === 0, "A token leaked"],
  ]);
}
