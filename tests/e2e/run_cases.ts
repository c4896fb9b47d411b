import { runClient } from "./run_client.ts";
import { checkOutcome } from "./check_outcome.ts";
import { allMocks } from "./mocks/all.ts";
import { makeForge } from "./mocks/forge.ts";
import { openFixture } from "./fixture.ts";
import { tableText } from "./markdown_table.ts";
import type { ClientCase } from "./client_case.ts";
import { versionOf } from "./version_of.ts";

/** How long a client may take; the slowest needs a few seconds. */
const LIMIT_MS = 90_000;

/** The outcome of one run. */
interface CaseResult {
  /** Empty if it passed. */
  readonly problems: readonly string[];
  /** The known limit that it hit. */
  readonly limit: string | undefined;
  /** Where it tried to bypass the service, as `host:port`. */
  readonly bypassAttempts: readonly string[];
}

/** Runs each client without and with a client token and prints the outcomes. @returns Whether none failed. */
export async function runAll(cases: readonly ClientCase[], clientsFolder: string): Promise<boolean> {
  const rows: string[][] = [];
  for (const client of cases) {
    const version = await versionOf(client, clientsFolder);
    const outcome = version === undefined ? "not installed" : await outcomeOf(client, clientsFolder);
    console.error(`${client.name}: ${outcome}`);
    rows.push([client.name, version ?? "-", client.description, outcome]);
  }
  console.log(tableText(["client", "version", "what it did", "outcome"], rows));
  return rows.every(([, , , outcome]) => outcome !== FAILED);
}

const FAILED = "FAILED";

async function outcomeOf(client: ClientCase, clientsFolder: string): Promise<string> {
  const results = [await runOne(client, clientsFolder, false), await runOne(client, clientsFolder, true)];
  if (results.some(({ problems }) => problems.length > 0)) return FAILED;
  const bypassAttempts = new Set(results.flatMap((each) => each.bypassAttempts));
  if (bypassAttempts.size > 0) {
    console.error(`${client.name} tried to reach ${[...bypassAttempts].toSorted().join(", ")}`);
  }
  const limit = results.find((each) => each.limit !== undefined)?.limit;
  return limit === undefined ? "passed" : `limit: ${limit}`;
}

async function runOne(client: ClientCase, clientsFolder: string, clientToken: boolean): Promise<CaseResult> {
  // Each run has its own fixture, so that all findings belong to this client.
  await using forge = await makeForge();
  await using fixture = await openFixture({
    mocks: ({ origin, setup }) => allMocks(forge, origin, setup),
    clientToken,
  });
  return await runClient({
    client,
    fixture,
    clientsFolder,
    script: client.script,
    limitMs: LIMIT_MS,
    inspect: async (ran, home) => {
      const { unmet, leaks } = await checkOutcome(client, { fixture, ran, home });
      const { knownLimit } = client;
      const met = unmet.length > 0 && knownLimit !== undefined &&
        fixture.bypassAttempts().includes(`${knownLimit.host}:443`);
      const problems = met ? leaks : [...unmet, ...leaks];
      if (problems.length > 0) {
        const where = clientToken ? "with a client token" : "without a client token";
        console.error(`${client.name}, ${where}: ${problems.join("; ")}`);
        console.error(
          ran.stdout,
          ran.stderr,
          fixture.service.stderr(),
          JSON.stringify(fixture.log(), null, 1),
        );
      }
      return { problems, limit: met ? knownLimit.text : undefined, bypassAttempts: fixture.bypassAttempts() };
    },
  });
}
