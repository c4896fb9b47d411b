/**
 * Measures whole requests (client, proxy, upstream over TLS, and back) through the service and, in turns, through other
 * programs that do the same job: nginx, HAProxy, Caddy and Node's `http-proxy`, each if it is installed.
 *
 *     deno task bench:path [WORKLOAD | PROGRAM ...] [TURNS]
 *
 * Names select workloads and programs. Every figure is the median of the turns, five by default.
 *
 * @module
 */

import { residentMemory } from "../tests/support/service.ts";
import { untilSignal } from "../tests/support/until_signal.ts";
import { selectNames } from "../tests/support/select_names.ts";
import { canMeasure, childrenOf } from "../tests/support/process.ts";
import { HERE, launch, oneRoute } from "./support/launched.ts";
import { PEER_NAMES, startPeer } from "./support/peers.ts";
import { startUpstream } from "./support/setting.ts";
import { measureStarts } from "./support/start_time.ts";
import { measureInTurns, median, significant, type Subject, type Turns } from "./support/turns.ts";
import { WORKLOADS } from "./support/workloads.ts";

/** How long a turn lasts, in seconds; event streams take a while to get going. */
const [TURN_S, EVENTS_TURN_S] = [1, 2];

const OWN_NAMES = ["cred-proxy", "unmasked"];

/** What is printed of each workload besides the processor time. */
const DELAYS: Readonly<Record<string, readonly ("p50" | "p99")[]>> = {
  "1k-1": ["p50", "p99"],
  "1k-16": ["p50", "p99"],
  "1k-64": ["p99"],
  "1k-256": ["p99"],
  "events": ["p50", "p99"],
};

if (!canMeasure()) {
  console.error("Processor time and memory are read from /proc, which this system does not have.");
  Deno.exit(1);
}
const isNumber = (argument: string) => /^\d+$/.test(argument);
const programs = [...OWN_NAMES, ...PEER_NAMES];
const named = selectNames([...WORKLOADS.keys(), ...programs], Deno.args.filter((each) => !isNumber(each)));
const selected = (all: readonly string[]) => {
  const some = all.filter((name) => named.includes(name));
  return some.length === 0 ? all : some;
};
const turns = Math.min(50, Math.max(1, Number(Deno.args.find(isNumber) ?? 5)));

Deno.exit(
  await untilSignal(async (resources) => {
    const upstream = await resources.use(startUpstream());
    const subjects: Subject[] = [];
    for (const name of selected(programs)) {
      const starting = OWN_NAMES.includes(name)
        ? launch({
          name,
          root: HERE,
          upstream,
          routes: oneRoute(upstream, name === "unmasked" ? { scrub: false } : {}),
        })
        : startPeer(name, upstream);
      const subject = await starting;
      if (subject === undefined) console.error(`${name} is not installed`);
      else subjects.push(await resources.use(Promise.resolve(subject)));
    }
    const ratio = subjects.findIndex(({ name }) => name === "nginx");
    const row = (title: string, values: readonly number[]) => {
      const cells = values.map(significant);
      if (ratio > 0) cells.push((values[0]! / values[ratio]!).toFixed(2));
      console.log(`| ${[title.padEnd(52), ...cells.map((cell) => cell.padStart(10))].join(" | ")} |`);
    };
    const names = subjects.map(({ name }) => name);
    if (ratio > 0) names.push("÷ nginx");
    console.log(`| ${["work".padEnd(52), ...names.map((name) => name.padEnd(10))].join(" | ")} |`);
    console.log(`| ${["-".repeat(52), ...names.map(() => "-".repeat(10))].join(" | ")} |`);
    for (const name of selected([...WORKLOADS.keys()])) {
      const workload = WORKLOADS.get(name)!;
      const seconds = name === "events" ? EVENTS_TURN_S : TURN_S;
      const measured = await measureInTurns(subjects, workload, { turns, seconds });
      const of = (key: keyof Turns) => measured.map((each) => median(each[key]));
      row(`${workload.title}: us of processor time per ${workload.unit}`, of("cpuUs"));
      for (const key of DELAYS[name] ?? []) {
        row(`${workload.title}: ${key === "p50" ? "median delay" : "delay, 99 %"}, ms`, of(key));
      }
    }
    row("resident memory after all of it, MB", await Promise.all(subjects.map(memoryOf)));
    const start = await measureStarts(upstream, turns);
    const [launched, service, bare] = [start.launched, start.service, start.bare].map((ms) => ms.toFixed(0));
    console.log(`
From the start until it listens: ${launched} ms by the launcher, ${service} ms the service alone, ${bare} ms a bare Deno.serve.

Each figure is the median of ${turns} turns. Client and upstream share the ${navigator.hardwareConcurrency} processors of this
machine with the program, so a delay may be limited by them. Processor time is the program's own.`);
    return 0;
  }),
);

async function memoryOf({ pid }: Subject): Promise<number> {
  const all = await Promise.all([pid, ...await childrenOf(pid)].map(residentMemory));
  return all.reduce((sum, bytes) => sum + bytes, 0) / 1e6;
}
