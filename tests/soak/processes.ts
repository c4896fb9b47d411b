/**
 * What a soak runs against: its upstream in a process of its own, and the service under its exact flags.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import { startAdmin, type WithAdmin } from "../support/admin.ts";
import { Log } from "../support/log.ts";
import { CHILD_PATIENCE, endChild } from "../support/run_main.ts";
import { V8_FLAGS } from "../../bench/support/setting.ts";
import type { Place } from "../../bench/support/upstream.ts";
import { tokenOf, USER } from "./tokens.ts";
import type { UpstreamReport } from "./upstream.ts";

/** The file of the token, beside the table. */
export const TOKEN_FILE = "token";

/** A running upstream. */
export interface SoakUpstream extends Place, AsyncDisposable {
  /** Ends it, and gives what it has seen. */
  finish(): Promise<UpstreamReport>;
}

export async function startUpstream(): Promise<SoakUpstream> {
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
  const log = new Log(child.stdout);
  try {
    const [line] = await log.match(/^\{.*\}$/m, CHILD_PATIENCE);
    const place: Place = JSON.parse(line);
    return {
      ...place,
      async finish() {
        await child.stdin.close();
        const [report] = await log.match(/^\{"requests.*\}$/m, CHILD_PATIENCE);
        return JSON.parse(report);
      },
      [Symbol.asyncDispose]: () => endChild(child, "SIGTERM"),
    };
  } catch (error) {
    await endChild(child, "SIGKILL");
    throw error;
  }
}

/** Starts the service in front of an upstream, with an operator's listener. */
export function startProxy(
  { port, ca }: Place,
  env: Readonly<Record<string, string>> = {},
): Promise<WithAdmin> {
  return startAdmin({
    routes: tableFor(port),
    ca,
    files: { [TOKEN_FILE]: tokenOf(0) },
    env: { DENO_V8_FLAGS: V8_FLAGS, ...env },
  });
}

/** The route table. @param more Whether it has a route that it can do without. */
export function tableFor(port: number, more = false): object {
  const common = { upstream: `https://localhost:${port}`, token_file: TOKEN_FILE };
  const bearer = { ...common, auth_scheme: "Bearer" };
  return {
    routes: [
      { ...bearer, path: "/bearer/" },
      { ...common, path: "/basic/", auth_scheme: "Basic", auth_user: USER },
      { ...bearer, path: "/fickle/" },
      { ...bearer, path: "/unmasked/", scrub: false },
      ...more ? [{ ...bearer, path: "/more/" }] : [],
    ],
  };
}
