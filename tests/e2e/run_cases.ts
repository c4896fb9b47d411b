import { attempt } from "./run_client.ts";
import { judge } from "./check_outcome.ts";
import { allMocks } from "./mocks/all.ts";
import { makeForge } from "./mocks/forge.ts";
import { openStage } from "./fixture.ts";
import { tableText } from "./markdown_table.ts";
import type { Trial } from "./client_case.ts";
import { versionOf } from "./version_of.ts";

/** How long a client may take; the slowest needs a few seconds. */
const LIMIT_MS = 90_000;

/** What came of one trial. */
interface Verdict {
  /** Nothing, if it passed. */
  readonly faults: readonly string[];
  /** The known limit that it met. */
  readonly limit: string | undefined;
  /** Where it wanted to go past the service. */
  readonly strayed: readonly string[];
}

/** Lets each client do its work, without and with a client token; prints what came of it, and says whether none failed. */
export async function tryAll(trials: readonly Trial[], clients: string): Promise<boolean> {
  const rows: string[][] = [];
  for (const trial of trials) {
    const version = await versionOf(trial, clients);
    const outcome = version === undefined ? "not installed" : await outcomeOf(trial, clients);
    console.error(`${trial.client}: ${outcome}`);
    rows.push([trial.client, version ?? "-", trial.does, outcome]);
  }
  console.log(tableText(["client", "version", "what it did", "outcome"], rows));
  return rows.every(([, , , outcome]) => outcome !== FAILED);
}

const FAILED = "FAILED";

async function outcomeOf(trial: Trial, clients: string): Promise<string> {
  const verdicts = [await tryOne(trial, clients, false), await tryOne(trial, clients, true)];
  if (verdicts.some(({ faults }) => faults.length > 0)) return FAILED;
  const strayed = new Set(verdicts.flatMap((each) => each.strayed));
  if (strayed.size > 0) {
    console.error(`${trial.client} wanted to reach ${[...strayed].toSorted().join(", ")}`);
  }
  const limit = verdicts.find((each) => each.limit !== undefined)?.limit;
  return limit === undefined ? "passed" : `limit: ${limit}`;
}

async function tryOne(trial: Trial, clients: string, clientToken: boolean): Promise<Verdict> {
  // A stage of its own for each, so that what is found on it is this client's.
  await using forge = await makeForge();
  await using stage = await openStage({
    mocks: ({ origin, setting }) => allMocks(forge, origin, setting),
    clientToken,
  });
  return await attempt({
    trial,
    stage,
    clients,
    script: trial.script,
    limitMs: LIMIT_MS,
    look: async (ran, home) => {
      const { undone, leaks } = await judge(trial, stage, ran, home);
      const { limit } = trial;
      const met = undone.length > 0 && limit !== undefined && stage.strayed().includes(`${limit.host}:443`);
      const faults = met ? leaks : [...undone, ...leaks];
      if (faults.length > 0) {
        const where = clientToken ? "with a client token" : "without a client token";
        console.error(`${trial.client}, ${where}: ${faults.join("; ")}`);
        console.error(ran.stdout, ran.stderr, stage.service.stderr(), JSON.stringify(stage.log(), null, 1));
      }
      return { faults, limit: met ? limit.text : undefined, strayed: stage.strayed() };
    },
  });
}
