/**
 * Runs the service under load and checks its promises: no request lost or duplicated, no token leaked, no resource left
 * open.
 *
 *     deno task soak [SECONDS]            all workloads at once, while tokens and tables change
 *     deno task soak streams [SECONDS]    1,000 event streams at once
 *     deno task soak drain                SIGTERM during 100 streams
 *     deno task soak websockets [SECONDS] 1,000 WebSockets with messages, then SIGTERM
 *     deno task soak attack [SECONDS]     an ordinary load beside attacks, which must not harm it, behind HAProxy
 *     deno task soak flood [SECONDS]      the same without HAProxy, which the service must survive
 *     deno task soak rotation [COUNT]     SIGKILL while an issuer replaces the refresh token
 *
 * It exits with 1 if a condition does not hold.
 *
 * @module
 */

import { untilSignal } from "../support/until_signal.ts";
import { selectNames } from "../support/select_names.ts";
import { canMeasure } from "../support/process.ts";
import { attack, flood } from "./attack.ts";
import { drain } from "./drain.ts";
import { soak } from "./mixed.ts";
import { rotation } from "./rotation.ts";
import { streams } from "./streams.ts";
import { webSockets } from "./websockets.ts";

const SCENARIOS = { mixed: soak, streams, drain, websockets: webSockets, rotation, attack, flood };

const isSeconds = (argument: string) => /^\d+$/.test(argument);
const [name] = selectNames(
  Object.keys(SCENARIOS),
  Deno.args.filter((argument) => !isSeconds(argument)),
  "  SECONDS",
);
const seconds = Math.min(86_400, Math.max(1, Number(Deno.args.find(isSeconds) ?? 60)));
if (!canMeasure()) {
  console.error(
    "Cannot read open files and resident memory: this system has no /proc. Run the soak on Linux.",
  );
  Deno.exit(1);
}
Deno.exit(await untilSignal((resources) => SCENARIOS[name as keyof typeof SCENARIOS](resources, seconds)));
