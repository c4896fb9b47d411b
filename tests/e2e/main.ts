/**
 * Runs the real clients through the service: `deno task e2e [CLIENT ...]`; `write` before them also writes the outcomes into
 * docs/CLIENTS.md, `reactions` observes how they react to refusals. Or attacks narrow routes on real servers:
 * `deno task e2e narrow [SERVER ...]`.
 *
 * @module
 */

import { firstRun } from "./first_run.ts";
import { type MatrixRow, withMatrix } from "./matrix.ts";
import { runAll } from "./run_cases.ts";
import { takePicture } from "./picture.ts";
import { tryNarrow } from "./narrow/main.ts";
import { observeAll } from "./reactions.ts";
import { CLIENT_CASES } from "./cases/all.ts";
import type { ClientCase } from "./client_case.ts";

const DOCUMENT = new URL("../../docs/CLIENTS.md", import.meta.url);

/** Selects the cases with one of the names, or whose names include a word that is no whole name, or all. */
function selectCases(words: readonly string[]): readonly ClientCase[] {
  if (words.length === 0) return CLIENT_CASES;
  const names = new Set(CLIENT_CASES.map(({ name }) => name));
  const found = CLIENT_CASES.filter(({ name }) =>
    words.some((word) =>
      name === word || (!names.has(word) && name.toLowerCase().includes(word.toLowerCase()))
    )
  );
  if (found.length > 0) return found;
  console.error(
    `Unknown client. Name any of these, or none for all: ${CLIENT_CASES.map(({ name }) => name).join("; ")}`,
  );
  Deno.exit(64);
}

/** Writes a row into the document, unless the client failed: that is not to be published but mended. */
async function writeRow(row: MatrixRow): Promise<void> {
  if (row.outcome.kind === "failed") return;
  await Deno.writeTextFile(DOCUMENT, withMatrix(await Deno.readTextFile(DOCUMENT), [row]));
}

if (import.meta.main) {
  const [mode, ...words] = Deno.args;
  if (mode === "first-run") Deno.exit(await firstRun(words) ? 0 : 1);
  if (mode === "picture") Deno.exit(await takePicture() ? 0 : 1);
  // Servers, not clients.
  if (mode === "narrow") Deno.exit(await tryNarrow(words) ? 0 : 1);
  const cases = selectCases(mode === "reactions" || mode === "write" ? words : Deno.args);
  if (mode === "reactions") Deno.exit(await observeAll(cases) ? 0 : 1);
  const rows = await runAll(cases, mode === "write" ? writeRow : undefined);
  Deno.exit(rows.some(({ outcome }) => outcome.kind === "failed") ? 1 : 0);
}
