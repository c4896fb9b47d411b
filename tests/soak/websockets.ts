import type { Resources } from "../support/until_signal.ts";
import { within } from "../support/within.ts";
import { exitStatus } from "./exit_status.ts";
import { printSample, printSampleHeader, sampleProcess } from "./process_sample.ts";
import { startProxy, startUpstream } from "./processes.ts";
import { delay } from "./workload.ts";
import { quantile } from "./workload_result.ts";

const CONNECTIONS = 1_000;

/** Between the messages of a connection, in milliseconds. */
const GAP_MS = 100;

/** How many connections are opened at a time. */
const AT_ONCE = 50;

/** How long SIGTERM may take until the end of the service, in milliseconds. */
const DRAIN_MS = 20_000;

/** One connection, whose upstream sends back every message. */
class Echo {
  readonly #socket: WebSocket;
  readonly #delays: number[];
  #sending: ReturnType<typeof setInterval> | undefined;
  sent = 0;
  received = 0;
  /** Messages that came out of order. */
  misplaced = 0;
  readonly opened: Promise<void>;
  /** The code with which it was closed. */
  readonly closed: Promise<number>;

  constructor(port: number, delays: number[]) {
    this.#delays = delays;
    const socket = this.#socket = new WebSocket(`ws://127.0.0.1:${port}/bearer/echo`);
    this.opened = new Promise((resolve, reject) => {
      socket.onopen = () => resolve();
      socket.onerror = () => reject(new Error("A WebSocket did not open"));
    });
    this.closed = new Promise((resolve) => socket.onclose = ({ code }) => resolve(code));
    socket.onmessage = ({ data }) => this.#receive(data);
  }

  begin(): void {
    this.#sending = setInterval(() => {
      if (this.#socket.readyState !== WebSocket.OPEN) return;
      this.#socket.send(`${this.sent++} ${performance.now()} ${"x".repeat(100)}`);
    }, GAP_MS);
  }

  stop(): void {
    clearInterval(this.#sending);
  }

  #receive(message: string): void {
    const [number, time] = message.split(" ", 2).map(Number);
    if (number !== this.received++) this.misplaced++;
    this.#delays.push(performance.now() - (time ?? 0));
  }
}

/** Opens many WebSockets with a message each 100 ms for `seconds`, then sends SIGTERM while they go on. */
export async function webSockets(resources: Resources, seconds: number): Promise<number> {
  const upstream = await resources.use(startUpstream());
  const service = await resources.use(startProxy(upstream, { CRED_PROXY_DRAIN_S: "15" }));
  const delays: number[] = [];
  console.log(`${CONNECTIONS} WebSockets with a message each ${GAP_MS} ms, for ${seconds} s.`);
  const start = await sampleProcess(service.pid);
  printSampleHeader();
  printSample("at the start", start);

  const echoes: Echo[] = [];
  while (echoes.length < CONNECTIONS) {
    const some = Array.from({ length: AT_ONCE }, () => new Echo(service.port, delays));
    await within(Promise.all(some.map(({ opened }) => opened)), "The opening of WebSockets", 30_000);
    echoes.push(...some);
  }
  printSample("all open", await sampleProcess(service.pid));
  for (const echo of echoes) echo.begin();
  await delay(seconds * 1000);
  printSample("under load", await sampleProcess(service.pid));

  const sum = (value: (echo: Echo) => number) => echoes.reduce((total, echo) => total + value(echo), 0);
  for (const echo of echoes) echo.stop();
  for (let wait = 0; wait < 200 && sum(({ received }) => received) < sum(({ sent }) => sent); wait++) {
    await delay(50);
  }
  const [sent, received] = [sum((echo) => echo.sent), sum((echo) => echo.received)];
  const sorted = delays.toSorted((left, right) => left - right);

  for (const echo of echoes) echo.begin();
  await delay(1000);
  service.kill("SIGTERM");
  const signalled = performance.now();
  const codes = await within(
    Promise.all(echoes.map(({ closed }) => closed)),
    "The end of all WebSockets",
    DRAIN_MS,
  );
  const { code } = await within(service.status, "The service's end", DRAIN_MS);
  const drained = performance.now() - signalled;
  for (const echo of echoes) echo.stop();
  const misplaced = sum((echo) => echo.misplaced);
  const goingAway = codes.filter((each) => each === 1001).length;

  console.log(`
messages sent: ${sent}; back: ${received}; out of order: ${misplaced}
from sending to return: p50 ${quantile(sorted, 0.5).toFixed(1)} ms, p99 ${
    quantile(sorted, 0.99).toFixed(1)
  } ms
after SIGTERM: closed with 1001: ${goingAway} of ${CONNECTIONS}; the service ended with ${code} after ${
    drained.toFixed(0)
  } ms`);
  return exitStatus([
    [received === sent, `${sent - received} messages were lost`],
    [misplaced === 0, `${misplaced} messages came out of order`],
    [goingAway === CONNECTIONS, `${CONNECTIONS - goingAway} WebSockets were not closed with 1001`],
    [code === 0, `The service ended with ${code}`],
  ]);
}
