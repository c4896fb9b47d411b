import { loadClients } from "../clients/load_clients.ts";
import { loadTable } from "../config/load/load.ts";
import { routeName, type RouteTable } from "../config/route/route_config.ts";
import { tableOfSession } from "../config/route/session_token.ts";
import { checkClientToken, tokenFiles, type Tokens, tokenVariables } from "../config/route/token.ts";
import type { Settings } from "../config/settings/settings.ts";
import { fileFingerprint } from "../core/file_fingerprint.ts";
import { failAll, ok, problem, type Result } from "../core/result.ts";
import { SettledWatch } from "../core/settled_watch.ts";
import { printError, printProblems } from "../log/print.ts";
import { missingGrants } from "../permissions/grants.ts";
import { folderOf } from "../permissions/permissions.ts";
import type { MintedTokens } from "../tokens/minted_tokens.ts";
import { renewedText, TokenFiles } from "../tokens/token_files.ts";
import type { Server } from "./server.ts";

/** The interval between polls, in milliseconds. A change is loaded at the poll after the one that detected it. */
const POLL_MS = 500;

/** What is served now, and what was read at startup. */
export interface WatchOptions {
  readonly settings: Settings;
  readonly table: RouteTable;
  /** The fingerprint of the table's file from before it was read. */
  readonly tableFingerprint: string;
  /** The tokens from the environment, which can't be read again. */
  readonly tokens: Tokens;
  readonly files: TokenFiles;
  readonly minted: MintedTokens;
  readonly server: Pick<Server, "reload" | "endRevoked" | "meters">;
  /** Returns whether a reload was requested since the last call. */
  reloadRequested(): boolean;
}

/**
 * Reloads the table and the tokens whenever their files change, until the process exits.
 *
 * A new table is loaded completely or not at all: it must be valid, and must need no permission that the process does not
 * have and no variable that it did not read at startup. Otherwise the current table stays.
 */
export function watchConfig(options: WatchOptions): void {
  const { settings, server, tokens, minted, reloadRequested } = options;
  const { tableReloads, tokenReloads } = server.meters;
  const known = new Set(tokenVariables(options.table));
  const watch = new SettledWatch(() => fileFingerprint(settings.routesPath), options.tableFingerprint);
  let { files } = options;
  let busy = false;

  function reportToken(line: string, loaded: boolean): void {
    tokenReloads[loaded ? "taken" : "refused"]++;
    printError(line);
  }

  async function poll(): Promise<void> {
    const changed = await watch.poll();
    if (!reloadRequested() && !changed) {
      return await files.poll(reportToken);
    }
    const loaded = await loadChanged({ settings, known, tokens, files });
    if (!loaded.ok) {
      tableReloads.refused++;
      printError("route table rejected, keeping the current one:");
      return printProblems(loaded.problems);
    }
    const { table } = loaded.value;
    await minted.reload(table, { tokens, files: loaded.value.files });
    files = loaded.value.files;
    for (const name of files.renewed) reportToken(renewedText(name), true);
    await server.reload(table, { tokens, files, minted });
    tableReloads.taken++;
    printError(
      `route table reloaded; ${table.routes.length} route(s): ${table.routes.map(routeName).join(", ")}`,
    );
  }

  const timer = setInterval(async () => {
    // A client may expire without a change of the table.
    server.endRevoked();
    if (busy) return;
    busy = true;
    try {
      await poll();
    } catch (error) {
      printError(`can't check for changes: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      busy = false;
    }
  }, POLL_MS);
  Deno.unrefTimer(timer);
}

/** What a changed table is checked against. */
interface Known {
  readonly settings: Settings;
  /** The token variables that were read at startup. */
  readonly known: ReadonlySet<string>;
  readonly tokens: Tokens;
  readonly files: TokenFiles;
}

async function loadChanged(
  { settings, known, tokens, files: before }: Known,
): Promise<Result<{ readonly table: RouteTable; readonly files: TokenFiles }>> {
  const loaded = await loadTable(settings.routesPath);
  if (!loaded.ok) return loaded;
  const table = settings.sessionToken ? tableOfSession(loaded.value) : loaded.value;
  const unread = tokenVariables(table).filter((name) => !known.has(name)).map((name) =>
    problem(name, "restart_needed", "was not read at startup; restart the service to read it")
  );
  const missing = await missingGrants(settings, table);
  const problems = [...missing, ...unread, ...(unread.length > 0 ? [] : checkClientToken(table, tokens))];
  const clients = await loadClients(table);
  problems.push(...await clients?.checkKeyFiles(table, folderOf(settings.routesPath)) ?? []);
  if (problems.length > 0) return failAll(problems);
  const files = await TokenFiles.open(folderOf(settings.routesPath), tokenFiles(table), {
    before,
    guard: clients && new clients.TokenClashes(table, tokens),
  });
  return files.ok ? ok({ table, files: files.value }) : files;
}
