/**
 * Measures how much of V8's heap a request and an event take until they are collected, in the service and in a bare
 * `Deno.serve`. The figures hardly depend on the machine.
 *
 *     deno task bench:heap
 *
 * Before, all is collected, and the young generation is made so large that nothing is meanwhile; so the growth of the used
 * heap is what was allocated.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import { inspect, type Inspector } from "../tests/support/inspector.ts";
import { Log } from "../tests/support/log.ts";
import { endChild, spawnMain } from "../tests/support/run_main.ts";
import { untilSignal } from "../tests/support/until_signal.ts";
import { BenchClient, getRequest } from "./support/client.ts";
import { startService, startUpstream } from "./support/setting.ts";

/** Enough that the code is compiled before the measurement. */
const WARM_UP_REQUESTS = 6_000;

const REQUESTS = 1_000;
const EVENTS = 2_000;
const CONNECTIONS = 16;

const V8_FLAGS = "--min-semi-space-size=64,--max-semi-space-size=64,--expose-gc";

/** A process that is being measured. */
interface Measured extends AsyncDisposable {
  readonly port: number;
  readonly inspector: Inspector;
}

/** Connects to a process that was started with `--inspect`, once it says on which port it listens. */
async function measured(child: Deno.ChildProcess, listening: RegExp): Promise<Measured> {
  const [stdout, stderr] = [new Log(child.stdout), new Log(child.stderr)];
  const [, port] = await stderr.match(listening, 15_000);
  const inspector = await inspect((await stderr.match(/ws:\S+/))[0]);
  return {
    port: Number(port),
    inspector,
    async [Symbol.asyncDispose]() {
      inspector[Symbol.dispose]();
      await endChild(child, "SIGTERM");
      await Promise.all([stdout.done, stderr.done]);
    },
  };
}

/** Starts a server that does nothing but respond with 1 KiB. */
function startBare(): Promise<Measured> {
  const program = fromFileUrl(new URL("./support/bare_server.ts", import.meta.url));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--inspect=127.0.0.1:0", "--no-prompt", "--allow-net=127.0.0.1", program],
    env: { DENO_V8_FLAGS: V8_FLAGS, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  return measured(child, /^listening on \S+:(\d+)$/m);
}

async function heapOf({ inspector }: Measured): Promise<number> {
  return Number(await inspector.evaluate("Deno.memoryUsage().heapUsed"));
}

/** Sends a number of requests over some connections. */
async function request(port: number, target: string, count: number): Promise<void> {
  const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => BenchClient.connect(port)));
  let left = count;
  await Promise.all(clients.map(async (client) => {
    while (left-- > 0) await client.get(getRequest(target));
  }));
  for (const client of clients) client[Symbol.dispose]();
}

/** Measures what a load allocates. @returns Bytes per unit. */
async function growth(
  subject: Measured,
  units: number,
  load: (units: number) => Promise<void>,
): Promise<number> {
  // So that what was there before does not fill the young generation meanwhile.
  await subject.inspector.evaluate("gc()");
  const before = await heapOf(subject);
  await load(units);
  return (await heapOf(subject) - before) / units;
}

function print(title: string, bytes: number): void {
  console.log(`${title.padEnd(44)} ${(bytes / 1000).toFixed(1).padStart(6)} kB`);
}

Deno.exit(
  await untilSignal(async (resources) => {
    const upstream = await resources.use(startUpstream());
    const { flags, env } = await resources.use(startService(upstream));
    const bare = await resources.use(startBare());
    const requests = (subject: Measured, target: string) => (count: number) =>
      request(subject.port, target, count);
    await requests(bare, "bytes/1024")(WARM_UP_REQUESTS);
    print(
      "a request to a bare Deno.serve, 1 KiB",
      await growth(bare, REQUESTS, requests(bare, "bytes/1024")),
    );
    const targets = { "a request, 1 KiB": "bytes/1024", "a request, 1 KiB in chunks": "chunked/1024" };
    for (const [title, target] of Object.entries(targets)) {
      const child = spawnMain(["--inspect=127.0.0.1:0", ...flags], ["serve"], {
        ...env,
        DENO_V8_FLAGS: V8_FLAGS,
      });
      await using subject = await measured(child, /^cred-proxy listening on \S+:(\d+);/m);
      await requests(subject, target)(WARM_UP_REQUESTS);
      print(title, await growth(subject, REQUESTS, requests(subject, target)));
      if (target !== "chunked/1024") continue;
      const events = async (count: number) => {
        using client = await BenchClient.connect(subject.port);
        await client.get(getRequest(`events/${count}/1`));
      };
      await events(EVENTS);
      print("an event", await growth(subject, EVENTS, events));
    }
    return 0;
  }),
);
