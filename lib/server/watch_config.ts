import { missingUpstreams } from "../permissions/grants.ts";
import { folderOf } from "../permissions/permissions.ts";
import type { Problem, Result } from "../core/result.ts";
import { routeName, type RouteTable } from "../config/route/route_config.ts";
import type { Settings } from "../config/settings/settings.ts";
import { checkClientToken, tokenFiles, type Tokens, tokenVariables } from "../config/route/token.ts";
import { fileFingerprint } from "../core/file_fingerprint.ts";
import type { Server } from "./server.ts";
import { renewedText, TokenFiles } from "../tokens/token_files.ts";
import { SettledWatch } from "../core/settled_watch.ts";
import { loadTable } from "../config/load/load.ts";
import { printError, printProblems } from "../log/print.ts";

/** How often the files are looked at. A change is taken at the look after the one that saw it. */
const LOOK_MS = 500;

/** What is served now, and what was known when the service started. */
export interface WatchOptions {
  readonly settings: Settings;
  readonly table: RouteTable;
  readonly tableState: string;
  /** The tokens as they were read: the environment can't be read any more. */
  readonly tokens: Tokens;
  readonly files: TokenFiles;
  readonly serving: Pick<Server, "reload" | "meters">;
  /** Whether somebody has asked for the table to be read again since this was asked last. */
  asked(): boolean;
}

/**
 * Keeps what is served as the files say, for as long as the process lives.
 *
 * A new table is taken as a whole or not at all, and then the old one serves on: it must be valid, and need nothing
 * that the process may not do or did not read when it started.
 */
export function watchConfig(options: WatchOptions): void {
  const { settings: { routesPath }, asked, serving, tokens } = options;
  const { tableReloads, tokenReloads } = serving.meters;
  const known = new Set(tokenVariables(options.table));
  const watch = new SettledWatch(() => fileFingerprint(routesPath), options.tableState);
  let { files } = options;
  let busy = false;

  function tell(line: string, taken: boolean): void {
    tokenReloads[taken ? "taken" : "refused"]++;
    printError(line);
  }

  async function look(): Promise<void> {
    const changed = await watch.poll();
    if (!asked() && !changed) {
      return await files.look(tell);
    }
    const judged = await judgeRenewal(options.settings, known, tokens, files);
    if (!judged.ok) {
      tableReloads.refused++;
      printError("the new table is not taken, the old one serves on:");
      return printProblems(judged.problems);
    }
    files = judged.value.files;
    for (const name of files.renewed) tell(renewedText(name), true);
    const { table } = judged.value;
    serving.reload(table, tokens, files);
    tableReloads.taken++;
    printError(
      `the new table serves from now on; ${table.routes.length} route(s): ${
        table.routes.map(routeName).join(", ")
      }`,
    );
  }

  const timer = setInterval(async () => {
    if (busy) return;
    busy = true;
    try {
      await look();
    } catch (error) {
      printError(`can't look for changes: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      busy = false;
    }
  }, LOOK_MS);
  Deno.unrefTimer(timer);
}

async function judgeRenewal(
  settings: Settings,
  known: ReadonlySet<string>,
  tokens: Tokens,
  before: TokenFiles,
): Promise<Result<{ readonly table: RouteTable; readonly files: TokenFiles }>> {
  const judged = await loadTable(settings.routesPath);
  if (!judged.ok) return judged;
  const table = judged.value;
  const unread = tokenVariables(table).filter((name) => !known.has(name)).map((name): Problem => ({
    path: name,
    message: "was not read at the start, and can't be now; the service must be started anew",
  }));
  const missing = await missingUpstreams(settings, table);
  const problems = [...missing, ...unread, ...(unread.length > 0 ? [] : checkClientToken(table, tokens))];
  if (problems.length > 0) return { ok: false, problems };
  const files = await TokenFiles.open(folderOf(settings.routesPath), tokenFiles(table), before);
  return files.ok ? { ok: true, value: { table, files: files.value } } : files;
}
