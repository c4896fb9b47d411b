import { attempt } from "./run_client.ts";
import { findLeaks } from "./check_outcome.ts";
import { allMocks } from "./mocks/all.ts";
import { makeForge } from "./mocks/forge.ts";
import { HELD, type Provocation, PROVOCATIONS } from "./refusals.ts";
import { inParallel } from "./in_parallel.ts";
import type { Ran } from "./shell.ts";
import { type Mocks, openStage, type Stage } from "./fixture.ts";
import { tableText } from "./markdown_table.ts";
import type { Trial } from "./client_case.ts";
import { within } from "../support/within.ts";
import { versionOf } from "./version_of.ts";

/** How long a client is watched. */
const LIMIT_MS = 300_000;

/** How long a client may go on about what stays as it is until somebody changes the configuration. */
const PATIENCE_S = 30;

/** How many are watched at a time; most of them only wait. */
const AT_A_TIME = 6;

/** What a client made of a refusal. */
interface Reaction {
  readonly trial: Trial;
  readonly provocation: Provocation;
  readonly ran: Ran;
  /** How often it asked for the same thing. */
  readonly tries: number;
  /** The line in which the service's own words reach the person. */
  readonly shown: string | undefined;
  readonly leaks: readonly string[];
}

/** Has each client refused in each way, prints what it made of that, and says whether none went on for too long. */
export async function provokeAll(trials: readonly Trial[], clients: string): Promise<boolean> {
  const installed: Trial[] = [];
  for (const trial of trials) if (await versionOf(trial, clients) !== undefined) installed.push(trial);
  const jobs = installed.flatMap((trial) => PROVOCATIONS.map((provocation) => ({ trial, provocation })));
  const reactions = await inParallel(AT_A_TIME, jobs, async ({ trial, provocation }) => {
    const reaction = await provoke(trial, provocation, clients);
    console.error(`${trial.client}, ${provocation.status} ${provocation.code}: ${cell(reaction)}`);
    return reaction;
  });

  const heads = ["client", ...PROVOCATIONS.map(({ status, code }) => `${status} ${code}`)];
  const rows = installed.map((trial) => [
    trial.client,
    ...reactions.filter((each) => each.trial === trial).map(cell),
  ]);
  console.log(tableText(heads, rows));
  console.log("\n(!): the person is not shown the service's own words, but what follows\n");
  for (const each of reactions.filter(({ shown }) => shown === undefined)) {
    console.log(`${each.trial.client}, ${each.provocation.status}: ${lastWords(each.ran)}`);
  }
  const faults = reactions.flatMap((each) => faultsOf(each).map((text) => `${each.trial.client}: ${text}`));
  for (const fault of faults) console.log(`FAILED: ${fault}`);
  return faults.length === 0;
}

/** `1.2 s, 1 try`; with a mark where the service's own words are not shown. */
function cell({ ran, tries, shown }: Reaction): string {
  const time = ran.code === undefined ? `over ${LIMIT_MS / 1000} s` : `${ran.seconds.toFixed(1)} s`;
  return `${time}, ${tries} ${tries === 1 ? "try" : "tries"}${shown === undefined ? " (!)" : ""}`;
}

function faultsOf({ trial, provocation, ran, tries, shown, leaks }: Reaction): readonly string[] {
  const faults = [...leaks];
  const { status, lasting } = provocation;
  if (tries === 0) faults.push(`met no ${status}`);
  // curl prints what came and is content with it.
  if (ran.code === 0 && shown === undefined) faults.push(`took ${status} for a success`);
  const known = trial.stubborn === true && status >= 500;
  if (ran.code === undefined) faults.push(`went on about ${status} for more than ${LIMIT_MS / 1000} s`);
  else if (lasting && !known && ran.seconds > PATIENCE_S) {
    faults.push(`went on about ${status} for ${ran.seconds.toFixed()} s`);
  }
  return faults;
}

async function provoke(trial: Trial, provocation: Provocation, clients: string): Promise<Reaction> {
  const held = Promise.withResolvers<void>();
  await using forge = await makeForge();
  await using stage = await openStage({
    clientToken: false,
    mocks: async ({ origin, setting }) => crowdable(await allMocks(forge, origin, setting), held.resolve),
    ...provocation.stage,
  });
  const leave = provocation.crowded ? await crowd(stage, held.promise) : () => {};
  const { key } = provocation;
  return await attempt({
    trial,
    stage,
    clients,
    script: trial.asking ?? trial.script,
    ...key === undefined ? {} : { key },
    limitMs: LIMIT_MS,
    look: async (ran, home) => {
      leave();
      // Its log is complete when it has ended.
      await stage.service.stop();
      const tries = triesIn(stage, provocation);
      const leaks = await findLeaks(stage, ran, home);
      return {
        trial,
        provocation,
        ran,
        tries,
        shown: lineWith(ran, provocation.words),
        leaks,
      };
    },
  });
}

/** How often a client asked for what it asked for most. */
function triesIn(stage: Stage, { code }: Provocation): number {
  const counts = new Map<string, number>();
  for (const { method, path, error } of stage.log()) {
    if (error === code) counts.set(`${method} ${path}`, (counts.get(`${method} ${path}`) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values());
}

function lineWith({ stdout, stderr }: Ran, words: string): string | undefined {
  return `${stdout}\n${stderr}`.split("\n").find((line) => line.includes(words));
}

/** What a client printed last that speaks of the failure, as far as one can tell. */
function lastWords({ stdout, stderr }: Ran): string {
  const lines = `${stdout}\n${stderr}`.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const telling = lines.filter((line) =>
    /error|fail|fatal|HTTP \d|exist/i.test(line) && !/complete log/.test(line)
  );
  return (telling.at(-1) ?? lines.at(-1) ?? "nothing at all").slice(0, 160);
}

/** Takes the one place there is. */
async function crowd(stage: Stage, held: Promise<void>): Promise<() => void> {
  const controller = new AbortController();
  const asked = fetch(`${stage.service.url}/gh${HELD}`, { signal: controller.signal }).then((reply) =>
    reply.body?.cancel()
  );
  asked.catch(() => {});
  await within(held, "The request that takes the place");
  return () => controller.abort();
}

/** The upstreams, one of which keeps those waiting who ask for a certain path. */
function crowdable(mocks: Mocks, held: () => void): Mocks {
  const host = "api.github.com";
  return {
    ...mocks,
    [host]: async (exchange) => {
      if (exchange.target !== HELD) return await mocks[host]?.(exchange);
      held();
      await exchange.closed;
    },
  };
}
