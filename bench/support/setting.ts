/**
 * What a benchmark runs against: an upstream in its own process, and the service under its exact flags.
 *
 * @module
 */

import { type Service, startService as start } from "../../tests/support/service.ts";
import {
  startUpstreamProcess,
  type UpstreamAddress,
  type UpstreamProcess,
} from "../../tests/support/upstream_process.ts";
import { V8_FLAGS } from "../../tests/support/v8_flags.ts";

/** The route's prefix. */
export const PREFIX = "/bench/";

/** Starts the service in front of an upstream, under the flags that the launcher gives it. */
export function startService(upstream: UpstreamAddress): Promise<Service> {
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
export function startUpstream(): Promise<UpstreamProcess> {
  return startUpstreamProcess(new URL("./upstream.ts", import.meta.url));
}
