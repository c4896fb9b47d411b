/**
 * What a soak runs against: its upstream in its own process, and the service under its exact flags.
 *
 * @module
 */

import { startAdmin, type WithAdmin } from "../support/admin.ts";
import { startUpstreamProcess, type UpstreamAddress } from "../support/upstream_process.ts";
import { V8_FLAGS } from "../support/v8_flags.ts";
import { tokenOf, USER } from "./tokens.ts";
import type { UpstreamReport } from "./upstream.ts";

/** The token file, next to the table. */
export const TOKEN_FILE = "token";

/** A running upstream. */
export interface SoakUpstream extends UpstreamAddress, AsyncDisposable {
  /** Stops it and returns its counts. */
  finish(): Promise<UpstreamReport>;
}

/** Starts the upstream in its own process. */
export async function startUpstream(): Promise<SoakUpstream> {
  const upstream = await startUpstreamProcess(new URL("./upstream.ts", import.meta.url));
  return { ...upstream, finish: async () => JSON.parse((await upstream.finish(/^\{"requests.*\}$/m))[0]) };
}

/** Starts the service in front of an upstream, with an operator's listener. */
export function startProxy(
  { port, ca }: UpstreamAddress,
  env: Readonly<Record<string, string>> = {},
): Promise<WithAdmin> {
  return startAdmin({
    routes: tableFor(port),
    ca,
    files: { [TOKEN_FILE]: tokenOf(0) },
    // As the launcher starts it.
    env: { DENO_V8_FLAGS: V8_FLAGS, MALLOC_ARENA_MAX: "1", ...env },
  });
}

/** Returns the route table. @param more Whether it has an additional route. */
export function tableFor(port: number, more = false): object {
  const common = { upstream: `https://localhost:${port}`, token_file: TOKEN_FILE };
  const bearer = { ...common, auth_scheme: "Bearer" };
  return {
    routes: [
      { ...bearer, path: "/bearer/" },
      { ...common, path: "/basic/", auth_scheme: "Basic", auth_user: USER },
      { ...bearer, path: "/flaky/" },
      { ...bearer, path: "/unmasked/", scrub: false },
      ...more ? [{ ...bearer, path: "/more/" }] : [],
    ],
  };
}
