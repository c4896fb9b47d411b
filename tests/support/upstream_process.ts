/**
 * An upstream that is a program of its own, so that it does not share a process with what is measured. The program
 * prints one line of JSON with its {@linkcode UpstreamAddress} once it listens, and ends when its stdin does.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import { Log } from "./log.ts";
import { CHILD_PATIENCE, endChild } from "./run_main.ts";

/** How to reach an upstream on localhost over TLS. */
export interface UpstreamAddress {
  readonly port: number;
  /** The authority of its certificate, PEM. */
  readonly ca: string;
}

/** A running upstream, with the address that it has printed. */
export type UpstreamProcess<Address extends UpstreamAddress = UpstreamAddress> = Address & RunningUpstream;

interface RunningUpstream extends AsyncDisposable {
  /** Its process. */
  readonly pid: number;
  /** Closes its stdin, and returns the first match in what it printed by its end. */
  finish(pattern: RegExp): Promise<RegExpExecArray>;
}

/** The configuration that names the packages. */
const CONFIG = fromFileUrl(new URL("../deno.json", import.meta.url));

/** Starts the program and resolves once it listens. */
export async function startUpstreamProcess<Address extends UpstreamAddress = UpstreamAddress>(
  program: URL,
): Promise<UpstreamProcess<Address>> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--config", CONFIG, "--no-prompt", "--allow-net=127.0.0.1", fromFileUrl(program)],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const log = new Log(child.stdout);
  try {
    const [line] = await log.match(/^\{.*\}$/m, CHILD_PATIENCE);
    const address: Address = JSON.parse(line);
    return {
      ...address,
      pid: child.pid,
      async finish(pattern) {
        await child.stdin.close();
        return await log.match(pattern, CHILD_PATIENCE);
      },
      [Symbol.asyncDispose]: () => endChild(child, "SIGTERM"),
    };
  } catch (error) {
    await endChild(child, "SIGKILL");
    throw error;
  }
}
