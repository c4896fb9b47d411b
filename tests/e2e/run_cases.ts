import { runClient } from "./run_client.ts";
import { checkOutcome } from "./check_outcome.ts";
import { allMocks } from "./mocks/all.ts";
import { makeForge } from "./mocks/forge.ts";
import { openFixture } from "./fixture.ts";
import { cacheFolder, installToolset } from "./install.ts";
import { tableText } from "./markdown_table.ts";
import { isLimited, judge, type RunResult } from "./judge.ts";
import { MATRIX_HEADS, type MatrixRow, rowCells } from "./matrix.ts";
import { TOOLSETS } from "./toolsets/all.ts";
import type { ClientCase } from "./client_case.ts";
import { versionOf } from "./version_of.ts";

/** How long a client may take; the slowest needs a few seconds. */
const LIMIT_MS = 90_000;

/**
 * Runs each client without and with a client token and prints the outcomes.
 *
 * @param onRow Called with each outcome as soon as it is known.
 * @returns What became of each.
 */
export async function runAll(
  cases: readonly ClientCase[],
  onRow?: (row: MatrixRow) => Promise<void>,
): Promise<readonly MatrixRow[]> {
  const rows: MatrixRow[] = [];
  for (const client of cases) {
    const row = await runBothWays(client);
    console.error(rowCells(row).filter((_, column) => column !== 2).join(" | "));
    rows.push(row);
    await onRow?.(row);
  }
  console.log(tableText(MATRIX_HEADS, rows.map(rowCells)));
  return rows;
}

async function runBothWays(client: ClientCase): Promise<MatrixRow> {
  let version: string | undefined;
  try {
    const folder = await clientsFolderOf(client);
    version = folder === undefined ? undefined : await versionOf(client, folder);
    if (folder === undefined || version === undefined) return { client, outcome: { kind: "missing" } };
    const open = await runOne(client, folder, false);
    const guarded = await runOne(client, folder, true);
    return { client, version, outcome: judge(client, { open, guarded }) };
  } catch (error) {
    // Not the client's doing, and no reason not to try the others.
    console.error(`${client.name}: ${Deno.inspect(error)}`);
    const outcome = { kind: "failed", problems: ["could not be tried"] } as const;
    return { client, ...version === undefined ? {} : { version }, outcome };
  }
}

/** Returns the folder with a case's commands, or undefined if they can't be installed on this machine. */
export async function clientsFolderOf({ toolset }: ClientCase): Promise<string | undefined> {
  return toolset === undefined ? cacheFolder() : await installToolset(TOOLSETS[toolset]);
}

async function runOne(client: ClientCase, clientsFolder: string, clientToken: boolean): Promise<RunResult> {
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
      const result = { unmet, leaks, bypassAttempts: fixture.bypassAttempts() };
      if (unmet.length + leaks.length > 0) {
        const where = clientToken ? "with a client token" : "without a client token";
        console.error(`${client.name}, ${where}: ${[...unmet, ...leaks].join("; ")}`);
      }
      if (Deno.env.has("E2E_VERBOSE") || unmet.length + leaks.length > 0 && !isLimited(client, clientToken)) {
        console.error(ran.stdout, ran.stderr, fixture.service.stderr());
        for (const { method, path, status, error } of fixture.log()) {
          console.error(`  ${method} ${path} ${status} ${error ?? ""}`);
        }
      }
      return result;
    },
  });
}
