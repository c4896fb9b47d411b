/**
 * The service of any checkout, started as users start it: by its launcher, which is the same from release to release.
 *
 * @module
 */

import { fromFileUrl, join } from "@std/path";
import { Log } from "../../tests/support/log.ts";
import { CHILD_PATIENCE, endChild } from "../../tests/support/run_main.ts";
import type { UpstreamAddress } from "../../tests/support/upstream_process.ts";
import { PREFIX } from "./setting.ts";
import type { Subject } from "./turns.ts";

/** This checkout. */
export const HERE: string = fromFileUrl(new URL("../../", import.meta.url));

/** What is started. */
export interface LaunchOptions {
  readonly name: string;
  /** The folder of the checkout. */
  readonly root: string;
  readonly routes: object;
  readonly upstream: UpstreamAddress;
  readonly env?: Readonly<Record<string, string>>;
}

/** Returns a table of one route to the upstream, for the requests of {@linkcode PREFIX}. */
export function oneRoute(upstream: UpstreamAddress, more: object = {}): { readonly routes: object[] } {
  return {
    routes: [{
      path: PREFIX,
      upstream: `https://localhost:${upstream.port}`,
      auth_scheme: "Bearer",
      token_env: "BENCH_TOKEN",
      ...more,
    }],
  };
}

/** Starts a service, and resolves once it listens. */
export async function launch({ name, root, routes, upstream, env = {} }: LaunchOptions): Promise<Subject> {
  const folder = await Deno.makeTempDir({ prefix: "cred-proxy-bench-" });
  const [table, authorities] = [join(folder, "routes.json"), join(folder, "ca.pem")];
  await Deno.writeTextFile(table, JSON.stringify(routes));
  await Deno.writeTextFile(authorities, upstream.ca);
  const child = new Deno.Command(join(root, "bin/cred-proxy"), {
    args: ["serve"],
    env: {
      DENO: Deno.execPath(),
      NO_COLOR: "1",
      CRED_PROXY_ROUTES: table,
      CRED_PROXY_CA_FILE: authorities,
      CRED_PROXY_BIND: "127.0.0.1",
      CRED_PROXY_PORT: "0",
      CRED_PROXY_DRAIN_S: "2",
      BENCH_TOKEN: "made-up-token-of-the-benchmark-0123456789",
      ...env,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  // The log of a long run is not kept.
  const logged = child.stdout.pipeTo(new WritableStream()).catch(() => {});
  const stderr = new Log(child.stderr);
  async function end(): Promise<void> {
    await endChild(child, "SIGTERM");
    await Promise.all([logged, stderr.done]);
    await Deno.remove(folder, { recursive: true });
  }
  try {
    const [, port] = await stderr.match(/^cred-proxy listening on \S+:(\d+);/m, CHILD_PATIENCE);
    return { name, port: Number(port), pid: child.pid, [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  }
}
