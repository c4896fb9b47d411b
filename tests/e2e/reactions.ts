import { runClient } from "./run_client.ts";
import { findLeaks } from "./check_outcome.ts";
import { clientsFolderOf } from "./run_cases.ts";
import { allMocks } from "./mocks/all.ts";
import { makeForge } from "./mocks/forge.ts";
import { HELD_PATH, REFUSAL_CASES, type RefusalCase } from "./refusals.ts";
import { inParallel } from "./in_parallel.ts";
import type { ScriptResult } from "./shell.ts";
import { type E2eFixture, type Mocks, openFixture } from "./fixture.ts";
import { tableText } from "./markdown_table.ts";
import type { ClientCase } from "./client_case.ts";
import { within } from "../support/within.ts";
import { versionOf } from "./version_of.ts";

/** How long a client is observed. */
const LIMIT_MS = 300_000;

/** How long a client may retry after a refusal that only a change of the configuration resolves. */
const MAX_RETRY_S = 30;

/** How many are observed at a time; most of them only wait. */
const CONCURRENCY = 6;

/** How a client reacted to a refusal. */
interface Reaction {
  readonly client: ClientCase;
  readonly refusal: RefusalCase;
  readonly ran: ScriptResult;
  /** How often it sent the same request. */
  readonly tries: number;
  /** The line that shows the user the service's own message. */
  readonly shown: string | undefined;
  readonly leaks: readonly string[];
}

/** Refuses each client in each way and prints its reaction. @returns Whether none retried for too long. */
export async function observeAll(cases: readonly ClientCase[]): Promise<boolean> {
  const folders = new Map<ClientCase, string>();
  for (const client of cases) {
    const folder = await clientsFolderOf(client);
    if (folder !== undefined && await versionOf(client, folder) !== undefined) folders.set(client, folder);
  }
  const installed = [...folders.keys()];
  const jobs = installed.flatMap((client) => REFUSAL_CASES.map((refusal) => ({ client, refusal })));
  const reactions = await inParallel(CONCURRENCY, jobs, async ({ client, refusal }) => {
    const reaction = await observe(client, refusal, folders.get(client) ?? "");
    console.error(`${client.name}, ${refusal.status} ${refusal.code}: ${cell(reaction)}`);
    return reaction;
  });

  const heads = ["client", ...REFUSAL_CASES.map(({ status, code }) => `${status} ${code}`)];
  const rows = installed.map((client) => [
    client.name,
    ...reactions.filter((each) => each.client === client).map(cell),
  ]);
  console.log(tableText(heads, rows));
  console.log("\n(!): the user does not see the service's own message, but this:\n");
  for (const each of reactions.filter(({ shown }) => shown === undefined)) {
    console.log(`${each.client.name}, ${each.refusal.status}: ${lastWords(each.ran)}`);
  }
  const problems = reactions.flatMap((each) =>
    problemsOf(each).map((text) => `${each.client.name}: ${text}`)
  );
  for (const problem of problems) console.log(`FAILED: ${problem}`);
  return problems.length === 0;
}

/** Formats as `1.2 s, 1 try`, with a mark if the service's own message is not shown. */
function cell({ ran, tries, shown }: Reaction): string {
  const time = ran.code === undefined ? `over ${LIMIT_MS / 1000} s` : `${ran.seconds.toFixed(1)} s`;
  return `${time}, ${tries} ${tries === 1 ? "try" : "tries"}${shown === undefined ? " (!)" : ""}`;
}

function problemsOf(
  { client, refusal, ran, tries, shown, leaks }: Reaction,
): readonly string[] {
  const problems = [...leaks];
  const { status, permanent } = refusal;
  if (tries === 0) problems.push(`did not get ${status}`);
  // curl prints any response and succeeds.
  if (ran.code === 0 && shown === undefined) problems.push(`treated ${status} as success`);
  const known = client.retriesEvery5xx === true && status >= 500;
  if (ran.code === undefined) problems.push(`retried ${status} for more than ${LIMIT_MS / 1000} s`);
  else if (permanent && !known && ran.seconds > MAX_RETRY_S) {
    problems.push(`retried ${status} for ${ran.seconds.toFixed()} s`);
  }
  return problems;
}

async function observe(client: ClientCase, refusal: RefusalCase, clientsFolder: string): Promise<Reaction> {
  const held = Promise.withResolvers<void>();
  await using forge = await makeForge();
  await using fixture = await openFixture({
    clientToken: false,
    mocks: async ({ origin, setup }) => withHeldPath(await allMocks(forge, origin, setup), held.resolve),
    ...refusal.fixture,
  });
  const leave = refusal.saturated ? await saturate(fixture, held.promise) : () => {};
  const { key } = refusal;
  return await runClient({
    client,
    fixture,
    clientsFolder,
    script: client.requestScript ?? client.script,
    ...key === undefined ? {} : { key },
    limitMs: LIMIT_MS,
    inspect: async (ran, home) => {
      leave();
      // Its log is complete once it has exited.
      await fixture.service.stop();
      const tries = triesIn(fixture, refusal);
      const leaks = await findLeaks({ fixture, ran, home });
      return {
        client,
        refusal,
        ran,
        tries,
        shown: lineWith(ran, refusal.message),
        leaks,
      };
    },
  });
}

/** Returns how often a client sent its most frequent request. */
function triesIn(fixture: E2eFixture, { code }: RefusalCase): number {
  const counts = new Map<string, number>();
  for (const { method, path, error } of fixture.log()) {
    if (error === code) counts.set(`${method} ${path}`, (counts.get(`${method} ${path}`) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values());
}

function lineWith({ stdout, stderr }: ScriptResult, words: string): string | undefined {
  return `${stdout}\n${stderr}`.split("\n").find((line) => line.includes(words));
}

/** Guesses the last line of the output that describes the failure. */
function lastWords({ stdout, stderr }: ScriptResult): string {
  const lines = `${stdout}\n${stderr}`.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const failures = lines.filter((line) =>
    /error|fail|fatal|HTTP \d|exist/i.test(line) && !/complete log/.test(line)
  );
  return (failures.at(-1) ?? lines.at(-1) ?? "nothing at all").slice(0, 160);
}

/** Takes the only slot for requests in flight. @returns A function that releases it. */
async function saturate(fixture: E2eFixture, held: Promise<void>): Promise<() => void> {
  const controller = new AbortController();
  const asked = fetch(`${fixture.service.url}/gh${HELD_PATH}`, { signal: controller.signal }).then((
    response,
  ) => response.body?.cancel());
  asked.catch(() => {});
  await within(held, "The request that takes the slot");
  return () => controller.abort();
}

/** Returns the mocks, one of which never responds to {@linkcode HELD_PATH}. */
function withHeldPath(mocks: Mocks, held: () => void): Mocks {
  const host = "api.github.com";
  return {
    ...mocks,
    [host]: async (exchange) => {
      if (exchange.target !== HELD_PATH) return await mocks[host]?.(exchange);
      held();
      await exchange.closed;
    },
  };
}
