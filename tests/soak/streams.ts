import type { Held } from "../support/until_signal.ts";
import { within } from "../support/within.ts";
import { Agent } from "./client.ts";
import { readEvents } from "./events.ts";
import { nextId } from "./load.ts";
import { lookAt, print, printTitle, settle } from "./process_sample.ts";
import { startProxy, startUpstream } from "./processes.ts";
import { quantile } from "./workload_result.ts";
import { Ear } from "./tokens.ts";
import { verdict } from "./exit_status.ts";

const STREAMS = 1_000;

/** Between the events of a stream, in milliseconds. */
const GAP = 500;

/** How much longer each stream lasts, in seconds, so that all are open at once for the time that was asked for. */
const OPENING = 15;

/** Event streams, all open at once for so many seconds. */
export async function streams(held: Held, seconds: number): Promise<number> {
  const upstream = await held.hold(startUpstream());
  const service = await held.hold(startProxy(upstream));
  const ear = new Ear();
  const count = Math.ceil((seconds + OPENING) * 1000 / GAP);
  console.log(`${STREAMS} streams of ${count} events each, ${GAP} ms apart.`);
  const start = await lookAt(service.pid);
  printTitle();
  print("at the start", start);

  const delays: number[] = [];
  const broken = new Map<string, number>();
  let [lastBegin, firstEnd, whole] = [0, Infinity, 0];
  async function stream(): Promise<void> {
    try {
      const agent = await Agent.connect(service.port, ear);
      try {
        await readEvents(agent, nextId(), count, GAP, {
          began: () => lastBegin = performance.now(),
          came: (delay) => delays.push(delay),
        });
      } finally {
        firstEnd = Math.min(firstEnd, performance.now());
        agent.close();
      }
      whole++;
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      broken.set(what, (broken.get(what) ?? 0) + 1);
    }
  }

  const middle = new Promise((resolve) => setTimeout(resolve, (OPENING + seconds / 2) * 1000))
    .then(() => lookAt(service.pid));
  const all = Promise.all(Array.from({ length: STREAMS }, stream));
  await within(all, "The end of the streams", (OPENING + seconds) * 1000 + 60_000);
  print("all streams open", await middle);
  print("all streams ended", await lookAt(service.pid));
  service.kill("SIGHUP");
  const end = await settle(service.pid, start.files, 10_000);
  print("after a reload", end);
  await service.stop();

  const together = (firstEnd - lastBegin) / 1000;
  const sorted = delays.toSorted((left, right) => left - right);
  console.log(`
all open at once for ${together.toFixed(1)} s; whole: ${whole} of ${STREAMS}; events: ${delays.length} of ${
    STREAMS * count
  }
from an event's sending to its arrival: p50 ${quantile(sorted, 0.5).toFixed(1)} ms, p99 ${
    quantile(sorted, 0.99).toFixed(1)
  } ms`);
  for (const [what, times] of broken) console.log(`  ${times} times: ${what}`);
  return verdict([
    [whole === STREAMS, `${STREAMS - whole} streams broke`],
    [delays.length === STREAMS * count, "Events are missing"],
    [together >= seconds, `All were open for ${together.toFixed(1)} s only`],
    [end.files <= start.files, `${end.files - start.files} files are left open`],
    [ear.leaks === 0, "A token leaked"],
  ]);
}
