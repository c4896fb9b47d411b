import type { WithAdmin } from "../support/admin.ts";
import { request } from "../support/wire.ts";
import type { Held } from "../support/until_signal.ts";
import { within } from "../support/within.ts";
import { Agent } from "./client.ts";
import { readEvents } from "./events.ts";
import { rest } from "./workload.ts";
import { nextId } from "./load.ts";
import { askOperator } from "./admin_client.ts";
import { startProxy, startUpstream } from "./processes.ts";
import { Ear } from "./tokens.ts";
import { verdict } from "./exit_status.ts";

/** Streams that end in time, and as many that do not. */
const EACH = 50;

/** How long the service lets requests in flight go on, in seconds. */
const LIMIT = 6;

/** Between the events of a stream, in milliseconds. */
const GAP = 100;

/** How many events a stream has that ends in time, and one that does not. */
const [SHORT, LONG] = [40, 300];

/** What became of a stream. */
interface End {
  readonly whole: boolean;
  /** On the clock of `performance.now()`. */
  readonly at: number;
}

/** What a new request and a question for readiness are told meanwhile. */
const DRAINING = "503 draining, /readyz 503";

/** SIGTERM during streams. */
export async function drain(held: Held): Promise<number> {
  const upstream = await held.hold(startUpstream());
  const service = await held.hold(startProxy(upstream, { CRED_PROXY_DRAIN_S: `${LIMIT}` }));
  const ear = new Ear();

  async function stream(count: number, began: () => void): Promise<End> {
    const agent = await Agent.connect(service.port, ear);
    try {
      await readEvents(agent, nextId(), count, GAP, { began });
      return { whole: true, at: performance.now() };
    } catch {
      return { whole: false, at: performance.now() };
    } finally {
      agent.close();
    }
  }

  function open(count: number): { begun: Promise<unknown>; ended: Promise<End[]> } {
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
  await within(Promise.all([short.begun, long.begun]), "The beginning of all streams", 15_000);
  service.kill("SIGTERM");
  const signalled = performance.now();
  await service.logged(/^cred-proxy: shutting down/m);
  const answers = probe(service, long.ended);
  const [inTime, tooLong] = await within(Promise.all([short.ended, long.ended]), "All ends", 60_000);
  const { code } = await within(service.status, "The service's end");
  const took = (performance.now() - signalled) / 1000;

  const whole = inTime.filter((each) => each.whole).length;
  const cuts = tooLong.filter((each) => !each.whole).map(({ at }) => (at - signalled) / 1000);
  const [first, last] = [Math.min(...cuts), Math.max(...cuts)];
  const answered = Object.entries(Object.groupBy(await answers, (answer) => answer));
  console.log(`SIGTERM during ${2 * EACH} streams, with ${LIMIT} s for them to end.
a new request meanwhile: ${answered.map(([answer, times]) => `${times?.length} times ${answer}`).join(", ")}
streams that end in time: ${whole} of ${EACH} whole
streams that do not: ${cuts.length} of ${EACH} cut, ${first.toFixed(1)} to ${
    last.toFixed(1)
  } s after the signal
the service ended ${took.toFixed(1)} s after the signal, with ${code}`);
  return verdict([
    [
      answered.map(([answer]) => answer).join() === DRAINING,
      "A new request was not told that the service is stopping",
    ],
    [whole === EACH, `${EACH - whole} streams broke that would have ended in time`],
    [cuts.length === EACH, `${EACH - cuts.length} streams ended whole that could not`],
    // A timer is never early but for its rounding.
    [first > LIMIT - 0.1, "A stream was cut too early"],
    [last < LIMIT + 5, "A stream was cut too late"],
    [code === 0, `The service ended with ${code}`],
    [ear.leaks === 0, "A token leaked"],
  ]);
}

/** Asks again and again, until something has happened. @returns What was answered each time. */
async function probe(service: WithAdmin, end: Promise<unknown>): Promise<string[]> {
  const answers: string[] = [];
  let over = false;
  end.finally(() => over = true);
  while (!over) {
    try {
      const { status, field } = await request(service.port, "GET /bearer/x HTTP/1.1\r\nHost: proxy\r\n\r\n");
      const readiness = await askOperator(service, "/readyz");
      answers.push(`${status} ${field("cred-proxy-error")}, /readyz ${readiness.status}`);
    } catch {
      // Only the limit itself may come between.
      await Promise.race([end, rest(1_000)]);
      if (!over) answers.push("no answer");
    }
    await rest(200);
  }
  return answers;
}
