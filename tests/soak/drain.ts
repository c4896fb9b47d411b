import type { WithAdmin } from "../support/admin.ts";
import { request } from "../support/wire.ts";
import type { Resources } from "../support/until_signal.ts";
import { within } from "../support/within.ts";
import { Client } from "./client.ts";
import { readEvents } from "./events.ts";
import { delay } from "./workload.ts";
import { nextId } from "./load.ts";
import { requestAdmin } from "./admin_client.ts";
import { startProxy, startUpstream } from "./processes.ts";
import { LeakDetector } from "./tokens.ts";
import { exitStatus } from "./exit_status.ts";

/** The number of streams that end in time, and of those that do not. */
const EACH = 50;

/** The service's drain limit, in seconds. */
const LIMIT_S = 6;

/** Between the events of a stream, in milliseconds. */
const GAP_MS = 100;

/** The number of events of a stream that ends in time, and of one that does not. */
const [SHORT, LONG] = [40, 300];

/** How a stream ended. */
interface StreamEnd {
  readonly complete: boolean;
  /** On the clock of `performance.now()`. */
  readonly at: number;
}

/** The expected responses to a new request and a readiness check during the drain. */
const DRAINING = "503 draining, /readyz 503";

/** Sends SIGTERM during streams. */
export async function drain(resources: Resources): Promise<number> {
  const upstream = await resources.use(startUpstream());
  const service = await resources.use(startProxy(upstream, { CRED_PROXY_DRAIN_S: `${LIMIT_S}` }));
  const detector = new LeakDetector();

  async function stream(count: number, began: () => void): Promise<StreamEnd> {
    const client = await Client.connect(service.port, detector);
    try {
      await readEvents(client, { id: nextId(), count, gapMs: GAP_MS }, { onBegin: began });
      return { complete: true, at: performance.now() };
    } catch {
      return { complete: false, at: performance.now() };
    } finally {
      client.close();
    }
  }

  function open(count: number): { begun: Promise<unknown>; ended: Promise<StreamEnd[]> } {
    const streams = Array.from({ length: EACH }, () => {
      const begun = Promise.withResolvers<void>();
      return { begun: begun.promise, ended: stream(count, begun.resolve) };
    });
    return {
      begun: Promise.all(streams.map((each) => each.begun)),
      ended: Promise.all(streams.map((each) => each.ended)),
    };
  }

  const [short, long] = [open(SHORT), open(LONG)];
  await within(Promise.all([short.begun, long.begun]), "The start of all streams", 15_000);
  service.kill("SIGTERM");
  const signalled = performance.now();
  await service.logged(/^cred-proxy: shutting down/m);
  const responses = probe(service, long.ended);
  const [inTime, tooLong] = await within(Promise.all([short.ended, long.ended]), "All ends", 60_000);
  const { code } = await within(service.status, "The service's end");
  const took = (performance.now() - signalled) / 1000;

  const whole = inTime.filter((each) => each.complete).length;
  const cuts = tooLong.filter((each) => !each.complete).map(({ at }) => (at - signalled) / 1000);
  const [first, last] = [Math.min(...cuts), Math.max(...cuts)];
  const responded = Object.entries(Object.groupBy(await responses, (response) => response));
  console.log(`SIGTERM during ${2 * EACH} streams, with ${LIMIT_S} s to drain.
a new request during the drain: ${
    responded.map(([response, times]) => `${times?.length} times ${response}`).join(", ")
  }
streams that end in time: ${whole} of ${EACH} complete
streams that do not: ${cuts.length} of ${EACH} aborted, ${first.toFixed(1)} to ${
    last.toFixed(1)
  } s after the signal
the service ended ${took.toFixed(1)} s after the signal, with ${code}`);
  return exitStatus([
    [
      responded.map(([response]) => response).join() === DRAINING,
      "A new request did not get the response of a draining service",
    ],
    [whole === EACH, `${EACH - whole} streams that would have ended in time were aborted`],
    [cuts.length === EACH, `${EACH - cuts.length} streams that could not end in time were complete`],
    // A timer is early by its rounding at most.
    [first > LIMIT_S - 0.1, "A stream was aborted too early"],
    [last < LIMIT_S + 5, "A stream was aborted too late"],
    [code === 0, `The service ended with ${code}`],
    [detector.leaks === 0, "A token leaked"],
  ]);
}

/** Sends requests periodically until `end` settles. @returns The response to each. */
async function probe(service: WithAdmin, end: Promise<unknown>): Promise<string[]> {
  const responses: string[] = [];
  let over = false;
  end.finally(() => over = true);
  while (!over) {
    try {
      const { status, field } = await request(service.port, "GET /bearer/x HTTP/1.1\r\nHost: proxy\r\n\r\n");
      const readiness = await requestAdmin(service, "/readyz");
      responses.push(`${status} ${field("cred-proxy-error")}, /readyz ${readiness.status}`);
    } catch {
      // Only the end of the drain may interrupt it.
      await Promise.race([end, delay(1_000)]);
      if (!over) responses.push("no response");
    }
    await delay(200);
  }
  return responses;
}
