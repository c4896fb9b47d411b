/**
 * Runs the real clients through the service: `deno task e2e [reactions] [CLIENT ...]`; or attacks on narrow routes against
 * real servers: `deno task e2e narrow [SERVER ...]`.
 *
 * @module
 */

import { firstRun } from "./first_run.ts";
import { install } from "./install.ts";
import { runAll } from "./run_cases.ts";
import { takePicture } from "./picture.ts";
import { tryNarrow } from "./narrow/main.ts";
import { observeAll } from "./reactions.ts";
import { CLIENT_CASES } from "./cases/all.ts";
import type { ClientCase } from "./client_case.ts";

/** Selects the cases whose names begin with one of the words, or all. */
function selectCases(words: readonly string[]): readonly ClientCase[] {
  if (words.length === 0) return CLIENT_CASES;
  const found = CLIENT_CASES.filter(({ name }) =>
    words.some((word) => name.toLowerCase().startsWith(word.toLowerCase()))
  );
  if (found.length > 0) return found;
  console.error(
    `Unknown client. Name any of these, or none for all: ${CLIENT_CASES.map(({ name }) => name).join("; ")}`,
  );
  Deno.exit(64);
}

if (import.meta.main) {
  const [mode, ...words] = Deno.args;
  if (mode === "first-run") Deno.exit(await firstRun(await install()) ? 0 : 1);
  if (mode === "picture") Deno.exit(await takePicture() ? 0 : 1);
  // Servers, not clients.
  if (mode === "narrow") Deno.exit(await tryNarrow(words) ? 0 : 1);
  const reactions = mode === "reactions";
  const cases = selectCases(reactions ? words : Deno.args);
  const clientsFolder = await install();
  Deno.exit(await (reactions ? observeAll : runAll)(cases, clientsFolder) ? 0 : 1);
}
