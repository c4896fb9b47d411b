/**
 * The real clients, through the service: `deno task e2e [reactions] [CLIENT ...]`.
 *
 * @module
 */

import { install } from "./install.ts";
import { tryAll } from "./run_cases.ts";
import { provokeAll } from "./reactions.ts";
import { TRIALS } from "./cases/all.ts";
import type { Trial } from "./client_case.ts";

/** Those whose names begin with one of the words, or all. */
function chosen(words: readonly string[]): readonly Trial[] {
  if (words.length === 0) return TRIALS;
  const found = TRIALS.filter(({ client }) =>
    words.some((word) => client.toLowerCase().startsWith(word.toLowerCase()))
  );
  if (found.length > 0) return found;
  console.error(`No such client. There are: ${TRIALS.map(({ client }) => client).join("; ")}`);
  Deno.exit(64);
}

if (import.meta.main) {
  const [mode, ...words] = Deno.args;
  const reactions = mode === "reactions";
  const trials = chosen(reactions ? words : Deno.args);
  const clients = await install();
  Deno.exit(await (reactions ? provokeAll : tryAll)(trials, clients) ? 0 : 1);
}
