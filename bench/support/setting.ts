/**
 * What a benchmark runs against: an upstream in a process of its own, and the service under its exact flags.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import config from "../../deno.json" with { type: "json" };
import { Log } from "../../tests/support/log.ts";
import { CHILD_PATIENCE, endChild } from "../../tests/support/run_main.ts";
import { type Service, startService as start } from "../../tests/support/service.ts";
import type { Place } from "./upstream.ts";

/** The route's prefix. */
export const PREFIX = "/bench/";

/** A running upstream. */
export type Upstream = Place & AsyncDisposable;

/** The flags for V8 that the task `start` gives beside the derived ones, in the form of `DENO_V8_FLAGS`. */
export const V8_FLAGS = /--v8-flags=(\S+)/.exec(config.tasks.start.command)?.[1] ?? "";

/** Starts the service in front of an upstream, under the flags that the task `start` gives. */
export function startService(upstream: Place): Promise<Service> {
  return start({
    routes: {
      routes: [{
        path: PREFIX,
        upstream: `https://localhost:${upstream.port}`,
        auth_scheme: "Bearer",
        token_env: "BENCH_TOKEN",
      }],
    },
    ca: upstream.ca,
    env: { BENCH_TOKEN: "made-up-token-of-the-benchmark", DENO_V8_FLAGS: V8_FLAGS },
  });
}

/** Starts the upstream. */
export async function startUpstream(): Promise<Upstream> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--allow-net=127.0.0.1",
      fromFileUrl(new URL("./upstream.ts", import.meta.url)),
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  try {
    const [line] = await new Log(child.stdout).match(/^\{.*\}$/m, CHILD_PATIENCE);
    const place: Place = JSON.parse(line);
    return { ...place, [Symbol.asyncDispose]: () => endChild(child, "SIGTERM") };
  } catch (error) {
    await endChild(child, "SIGKILL");
    throw error;
  }
}
