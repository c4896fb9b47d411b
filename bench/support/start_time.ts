/**
 * How long programs take until they listen, measured in turns.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import { Log } from "../../tests/support/log.ts";
import { CHILD_PATIENCE, endChild, spawnMain } from "../../tests/support/run_main.ts";
import { startService } from "./setting.ts";
import type { UpstreamAddress } from "../../tests/support/upstream_process.ts";
import { HERE, launch, oneRoute } from "./launched.ts";
import { median } from "./turns.ts";

/** Medians of the milliseconds until each listens. */
export interface StartTimes {
  /** The launcher, which derives the flags and then becomes the service. */
  readonly launched: number;
  /** The service alone, under flags that are known. */
  readonly service: number;
  /** A program that does nothing but `Deno.serve`. */
  readonly bare: number;
}

/** Starts each a number of times, in turns. */
export async function measureStarts(upstream: UpstreamAddress, turns: number): Promise<StartTimes> {
  const times: Record<keyof StartTimes, number[]> = { launched: [], service: [], bare: [] };
  await using known = await startService(upstream);
  const { flags, env } = known;
  for (let turn = 0; turn < turns; turn++) {
    const begun = performance.now();
    await using _launched = await launch({
      name: "",
      root: HERE,
      upstream,
      routes: oneRoute(upstream),
    });
    times.launched.push(performance.now() - begun);
    times.service.push(await untilListening(() => spawnMain(flags, ["serve"], env)));
    times.bare.push(await untilListening(startBare));
  }
  return {
    launched: median(times.launched),
    service: median(times.service),
    bare: median(times.bare),
  };
}

function startBare(): Deno.ChildProcess {
  const program = fromFileUrl(new URL("./bare_server.ts", import.meta.url));
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-net=127.0.0.1", program],
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function untilListening(start: () => Deno.ChildProcess): Promise<number> {
  const begun = performance.now();
  const child = start();
  const [stdout, stderr] = [new Log(child.stdout), new Log(child.stderr)];
  await stderr.match(/listening on/, CHILD_PATIENCE);
  const took = performance.now() - begun;
  await endChild(child, "SIGKILL");
  await Promise.all([stdout.done, stderr.done]);
  return took;
}
