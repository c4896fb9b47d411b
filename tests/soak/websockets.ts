import { processorTime } from "../support/process.ts";
import { startUpstreamProcess } from "../support/upstream_process.ts";
import type { Resources } from "../support/until_signal.ts";
import { within } from "../support/within.ts";
import { EchoClient } from "./echo_client.ts";
import type { EchoReport } from "./echo_report.ts";
import { exitStatus } from "./exit_status.ts";
import { printSample, printSampleHeader, sampleProcess, sampleStart } from "./process_sample.ts";
import { startProxy } from "./processes.ts";
import { delay } from "./workload.ts";
import { quantile } from "./workload_result.ts";

const CONNECTIONS = 1_000;

/** Between the messages of a connection, in milliseconds. */
const GAP_MS = 100;

/** How often those are sent that are due, in milliseconds. */
const STEP_MS = 2;

/** How many connections are opened at a time. */
const AT_ONCE = 50;

/** How long the last messages may take to come back, in milliseconds. */
const BACK_MS = 5_000;

/** How long messages are sent before SIGTERM comes, and are meant to be sent after it, in milliseconds. */
const [BEFORE_MS, AFTER_MS] = [2_000, 10_000];

/** The service's drain limit, in seconds. */
const DRAIN_S = 15;

/** Sends a message on each connection in turn, so that each has one per gap. @returns How late the last one was, in ms. */
async function sendInTurns(
  clients: readonly EchoClient[],
  ms: number,
  isOver = () => false,
): Promise<number> {
  const began = performance.now();
  let latest = 0;
  for (let count = 0; performance.now() - began < ms && !isOver();) {
    const due = (performance.now() - began) / GAP_MS * clients.length;
    latest = Math.max(latest, (due - count) * GAP_MS / clients.length);
    while (count < due) clients[count++ % clients.length]!.send();
    await delay(STEP_MS);
  }
  return latest;
}

/** Opens many WebSockets with a message each 100 ms for `seconds`, then sends SIGTERM while they go on. */
export async function webSockets(
  resources: Resources,
  seconds: number,
): Promise<number> {
  const upstream = await resources.use(
    startUpstreamProcess(new URL("./echo_upstream.ts", import.meta.url)),
  );
  const service = await resources.use(
    startProxy(upstream, { CRED_PROXY_DRAIN_S: `${DRAIN_S}` }),
  );
  const delays: number[] = [];
  console.log(
    `${CONNECTIONS} WebSockets with a message each ${GAP_MS} ms, for ${seconds} s.`,
  );
  const start = await sampleStart(service.pid);
  printSampleHeader();
  printSample("at the start", start);

  const clients: EchoClient[] = [];
  while (clients.length < CONNECTIONS) {
    const some = Array.from(
      { length: AT_ONCE },
      (_, index) =>
        EchoClient.connect(service.port, {
          path: `/bearer/${clients.length + index}`,
          onDelay: (ms) => delays.push(ms),
        }),
    );
    clients.push(
      ...await within(Promise.all(some), "The opening of WebSockets", 30_000),
    );
  }
  const open = await sampleProcess(service.pid);
  printSample("all open", open);
  const pids = [service.pid, Deno.pid, upstream.pid];
  const before = await Promise.all(pids.map(processorTime));
  const late = await sendInTurns(clients, seconds * 1000);
  const used = (await Promise.all(pids.map(processorTime))).map((time, index) => time - before[index]!);
  const loaded = await sampleProcess(service.pid);
  printSample("under load", loaded);

  const sum = (value: (client: EchoClient) => number) =>
    clients.reduce((total, client) => total + value(client), 0);
  const sent = sum((client) => client.sent);
  for (
    let wait = 0;
    wait < BACK_MS && sum(({ received }) => received) < sent;
    wait += 10
  ) await delay(10);
  const received = sum((client) => client.received);
  const sorted = delays.toSorted((left, right) => left - right);

  await sendInTurns(clients, BEFORE_MS);
  const goOn = sendInTurns(
    clients,
    AFTER_MS,
    () => clients.every(({ closeCode }) => closeCode !== undefined),
  );
  await delay(GAP_MS);
  service.kill("SIGTERM");
  const signalled = performance.now();
  await within(
    Promise.all(clients.map(({ ended }) => ended)),
    "The end of all WebSockets",
    1000 * DRAIN_S,
  );
  const { code } = await within(
    service.status,
    "The service's end",
    1000 * DRAIN_S,
  );
  const drained = performance.now() - signalled;
  await goOn;
  const report: EchoReport = JSON.parse(
    (await upstream.finish(/^\{"sentBack.*\}$/m))[0],
  );
  const goingAway = clients.filter(({ closeCode }) => closeCode === 1001).length;
  const lost = clients.map(({ received }, index) => (report.sentBack[index] ?? 0) - received);
  const lostByThem = lost.reduce((total, count) => total + count, 0);
  const perMessage = (index: number) => (1e6 * used[index]! / sent).toFixed(1);
  const faults = [
    ...new Set(
      clients.map(({ fault }) => fault).filter((fault) => fault !== undefined),
    ),
  ];

  console.log(`
messages sent: ${sent}, the last ${late.toFixed(0)} ms late; back, in order: ${received}
from sending to return: p50 ${quantile(sorted, 0.5).toFixed(1)} ms, p99 ${
    quantile(sorted, 0.99).toFixed(1)
  } ms, at most ${sorted.at(-1)?.toFixed(0)} ms
processor time per message, there and back, in us: service ${perMessage(0)}, client ${
    perMessage(1)
  }, upstream ${perMessage(2)}
memory per connection: ${Math.round((open.memory - start.memory) / CONNECTIONS / 1024)} KiB open, ${
    Math.round((loaded.memory - start.memory) / CONNECTIONS / 1024)
  } KiB under load
after SIGTERM: closed with 1001: ${goingAway}; messages of the upstream that were lost: ${lostByThem}; the service ended
  with ${code} after ${drained.toFixed(0)} ms`);
  return exitStatus([
    [
      received === sent,
      `${sent - received} messages did not come back within ${BACK_MS} ms`,
    ],
    [
      faults.length === 0,
      `Connections had faults: ${faults.slice(0, 5).join("; ")}`,
    ],
    [
      report.errors.length === 0,
      `Connections of the upstream failed: ${report.errors.join("; ")}`,
    ],
    [
      goingAway === CONNECTIONS,
      `${CONNECTIONS - goingAway} WebSockets were not closed with 1001`,
    ],
    [
      lost.every((count) => count === 0),
      `${lostByThem} messages of the upstream were lost after SIGTERM`,
    ],
    [code === 0, `The service ended with ${code}`],
  ]);
}
