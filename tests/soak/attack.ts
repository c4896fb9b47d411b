import { fromFileUrl } from "@std/path";
import type { WithAdmin } from "../support/admin.ts";
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
function startAttacks(hostname: string, port: number, names: readonly string[]): AsyncDisposable {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--config", CONFIG, "--no-prompt", "--allow-net", PROGRAM, hostname, `${port}`, ...names],
    stdin: "piped",
  }).spawn();
  return { [Symbol.asyncDispose]: () => endChild(child, "SIGKILL") };
}

/** All attacks beside an ordinary load, of which nothing may be lost or late, with HAProxy in front. */
export async function attack(resources: Resources, seconds: number): Promise<number> {
  return await underAttack(resources, { seconds, attacks: [...HARMLESS, ...HARMFUL], isBalanced: true });
}

/** Attacks on the service itself, one after the other, which it must survive; the ordinary load may lose some. */
export async function flood(resources: Resources, seconds: number): Promise<number> {
  let code = 0;
  for (const attacks of [HARMLESS, ...HARMFUL.map((name) => [name])]) {
    code |= await underAttack(resources, { seconds: seconds / 4, attacks, isBalanced: false });
  }
  return code;
}

/** How to attack. */
interface AttackOptions {
  readonly seconds: number;
  readonly attacks: readonly string[];
  /** Whether HAProxy is in front. */
  readonly isBalanced: boolean;
}

async function underAttack(
  resources: Resources,
  { seconds, attacks, isBalanced }: AttackOptions,
): Promise<number> {
  const upstream = await resources.use(startUpstream());
  // Only a fixed port can be opened again.
  const service = await resources.use(startProxy(upstream, {
    CRED_PROXY_PORT: `${freePort()}`,
    // Behind HAProxy there are many clients; otherwise it is as in `deploy`.
    ...(!isBalanced && { CRED_PROXY_MAX_IN_FLIGHT: "200" }),
  }));
  if (!isBalanced) await limitFiles(service.pid, 1_024);
  const port = isBalanced ? (await resources.use(startBalancer(service))).port : service.port;
  // An address of its own, which HAProxy limits.
  const attacker = isBalanced ? "::1" : "127.0.0.1";
  const mayLose = !isBalanced;
  console.log(`\nAn ordinary load for ${seconds} s, and at the same time: ${attacks.join(", ")}.`);
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
  await using _attacks = startAttacks(attacker, port, attacks);
  const until = performance.now() + seconds * 1000;
  const [results] = await Promise.all([
    Promise.all(workloads.map((workload) => runWorkload(workload, { port, detector, until }))),
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

/** Starts HAProxy with the configuration of `deploy`, on IPv4 for the ordinary load and on IPv6 for the attacker. */
async function startBalancer({ port, adminAddress }: WithAdmin): Promise<AsyncDisposable & { port: number }> {
  const own = freePort();
  const replaced = {
    "bind :9099": `bind 127.0.0.1:${own}\n  bind [::1]:${own}`,
    "127.0.0.1:9091 port 9101": `127.0.0.1:${port} port ${adminAddress.split(":")[1]}`,
    "  server two 127.0.0.1:9092 port 9102\n": "",
  };
  let text = await Deno.readTextFile(new URL("../../deploy/haproxy.cfg", import.meta.url));
  for (const [from, to] of Object.entries(replaced)) {
    if (!text.includes(from)) throw new Error(`deploy/haproxy.cfg has no ${from}`);
    text = text.replace(from, to);
  }
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, text);
  const child = new Deno.Command("haproxy", { args: ["-db", "-f", path], stdout: "null", stderr: "null" })
    .spawn();
  // Until the service has passed its first checks.
  await delay(2_000);
  return {
    port: own,
    [Symbol.asyncDispose]: async () => {
      await endChild(child, "SIGKILL");
      await Deno.remove(path);
    },
  };
}

/** Limits how many files a process may have open, as the unit and the container do. */
async function limitFiles(pid: number, files: number): Promise<void> {
  const { success } = await new Deno.Command("prlimit", {
    args: ["--pid", `${pid}`, `--nofile=${files}:${files}`],
  }).output();
  if (!success) throw new Error("prlimit failed");
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
