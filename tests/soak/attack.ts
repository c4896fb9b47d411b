import { fromFileUrl } from "@std/path";
import { megabytes, MemoryWatch } from "../support/process.ts";
import { endChild } from "../support/run_main.ts";
import type { Resources } from "../support/until_signal.ts";
import { requestAdmin } from "./admin_client.ts";
import type { Client } from "./client.ts";
import { readEvents } from "./events.ts";
import { exitStatus } from "./exit_status.ts";
import { runWorkload } from "./load.ts";
import { startProxy, startUpstream } from "./processes.ts";
import { printResults } from "./report.ts";
import { SMALL_REQUESTS } from "./small_requests.ts";
import { LeakDetector } from "./tokens.ts";
import { delay, prefixFor, type Workload } from "./workload.ts";

/** What the files in `deploy` allow the process, in bytes. */
const ALLOWED = 256 * 1024 * 1024;

/** How late anything of the ordinary load may be, in milliseconds. */
const LATE_MS = 1_000;

const PROGRAM = fromFileUrl(new URL("./attacks.ts", import.meta.url));
const CONFIG = fromFileUrl(new URL("../deno.json", import.meta.url));

/** What the service withstands without harm to anybody else. */
const HARMLESS = ["idle", "heads", "unread", "tiny", "pipeline", "upload", "posts", "late"];

/** What it survives by ending requests in flight, which may be those of others. */
const HARMFUL = ["ahead", "ahead of HEAD", "all heads"];

/** Starts the program that attacks; it ends with this one. */
function startAttacks(port: number, names: readonly string[]): AsyncDisposable {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--config", CONFIG, "--no-prompt", "--allow-net=127.0.0.1", PROGRAM, `${port}`, ...names],
    stdin: "piped",
  }).spawn();
  return { [Symbol.asyncDispose]: () => endChild(child, "SIGKILL") };
}

/** All attacks that harm nobody beside an ordinary load, of which nothing may be lost or late. */
export async function attack(resources: Resources, seconds: number): Promise<number> {
  return await underAttack(resources, { seconds, attacks: HARMLESS, mayLose: false });
}

/** Attacks on the memory, which the service must survive; the ordinary load may lose what was in flight. */
export async function flood(resources: Resources, seconds: number): Promise<number> {
  return await underAttack(resources, { seconds, attacks: HARMFUL, mayLose: true });
}

/** How to attack. */
interface AttackOptions {
  readonly seconds: number;
  readonly attacks: readonly string[];
  readonly mayLose: boolean;
}

async function underAttack(
  resources: Resources,
  { seconds, attacks, mayLose }: AttackOptions,
): Promise<number> {
  const upstream = await resources.use(startUpstream());
  // Only a fixed port can be opened again.
  const service = await resources.use(startProxy(upstream, { CRED_PROXY_PORT: `${freePort()}` }));
  console.log(`An ordinary load for ${seconds} s, and at the same time: ${attacks.join(", ")}.`);
  const detector = new LeakDetector();
  let latest = 0;
  const events: Workload = {
    title: "event stream of 4 s",
    perSecond: 4,
    concurrency: 20,
    keepsAlive: true,
    run: (client, id) =>
      readEvents(client, { id, count: 40, gapMs: 100 }, {
        onEvent: (late) => void (latest = Math.max(latest, late)),
      }),
  };
  const workloads = [
    ...SMALL_REQUESTS.slice(0, 2).map((each) => ({ ...each, perSecond: 20, keepsAlive: false })),
    { ...SMALL_REQUESTS[0]!, title: "small GET, kept", perSecond: 20 },
    download,
    events,
  ];
  const memory = new MemoryWatch(service.pid, 50);
  const healths: number[] = [];
  await using _attacks = startAttacks(service.port, attacks);
  const until = performance.now() + seconds * 1000;
  const [results] = await Promise.all([
    Promise.all(workloads.map((workload) => runWorkload(workload, { port: service.port, detector, until }))),
    (async () => {
      for (; performance.now() < until; await delay(500)) {
        const start = performance.now();
        const { status } = await requestAdmin(service, "/healthz");
        if (status === 200) healths.push(performance.now() - start);
      }
    })(),
  ]);
  printResults(results);
  const slowest = Math.max(...results.flatMap(({ durations }) => durations));
  const health = Math.max(...healths);
  const guarded = service.stderr().split("the memory grew by").length - 1;
  console.log(`
late at most: ${slowest.toFixed(0)} ms a small request, ${latest.toFixed(0)} ms an event, ${
    health.toFixed(0)
  } ms the health check
memory at most: ${megabytes(memory.peak)} MB; requests were ended because of it ${guarded} times`);
  const lost = results.reduce((sum, each) => sum + each.lost, 0);
  const made = results.reduce((sum, each) => sum + each.succeeded, 0);
  await memory[Symbol.asyncDispose]();
  const code = await service.stop();
  return exitStatus([
    [mayLose || lost === 0, `${lost} requests were lost`],
    [made > lost * 4, `${lost} requests were lost, and only ${made} succeeded`],
    [mayLose || slowest <= LATE_MS, `A small request took ${slowest.toFixed(0)} ms`],
    [mayLose || latest <= LATE_MS, `An event was ${latest.toFixed(0)} ms late`],
    [mayLose || health <= LATE_MS, `A health check took ${health.toFixed(0)} ms`],
    [memory.peak < ALLOWED, `The memory reached ${megabytes(memory.peak)} MB`],
    [detector.leaks === 0, "A token leaked"],
    [code === 0, `The service ended with ${code}`],
  ]);
}

const download: Workload = {
  title: "download of 1 MiB",
  perSecond: 2,
  concurrency: 4,
  keepsAlive: false,
  async run(client: Client, id: number) {
    const head = await client.request("GET", `${prefixFor(id)}/chunked/${id}/${1024 * 1024}`);
    await client.expectContent(head, { id, length: 1024 * 1024 });
  },
};

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
