/**
 * The service under load for a while, and whether it kept its promises: nothing lost, doubled or leaked, and all given
 * back.
 *
 *     deno task soak [SECONDS]            all kinds of requests at once, while tokens and tables change
 *     deno task soak streams [SECONDS]    1,000 event streams at once
 *     deno task soak drain                SIGTERM during 100 streams
 *
 * It exits with 1 if anything is not as it should be.
 *
 * @module
 */

import { untilSignal } from "../support/until_signal.ts";
import { selectNames } from "../support/select_names.ts";
import { canMeasure } from "../support/process.ts";
import { drain } from "./drain.ts";
import { soak } from "./mixed.ts";
import { streams } from "./streams.ts";

const SCENARIOS = { mixed: soak, streams, drain };

const isSeconds = (argument: string) => /^\d+$/.test(argument);
const [name] = selectNames(
  Object.keys(SCENARIOS),
  Deno.args.filter((argument) => !isSeconds(argument)),
  "  SECONDS",
);
const seconds = Math.min(86_400, Math.max(1, Number(Deno.args.find(isSeconds) ?? 60)));
if (!canMeasure()) {
  console.error("Open files and resident memory are read from /proc, which this system does not have.");
  Deno.exit(1);
}
Deno.exit(await untilSignal((resources) => SCENARIOS[name as keyof typeof SCENARIOS](resources, seconds)));
