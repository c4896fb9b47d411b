/**
 * The service as users run it: a child process under the exact flags that `permissions` prints, with only the variables
 * that it is given.
 *
 * @module
 */

import { join } from "@std/path";
import { Log } from "./log.ts";
import { CHILD_PATIENCE, derivedFlags, endChild, spawnMain } from "./run_main.ts";

export { derivedFlags, runMain } from "./run_main.ts";

/** How to start the service. */
export interface ServiceOptions {
  /** The route table: a value that becomes JSON, or the text itself. */
  readonly routes: object | string;
  /** Variables, tokens among them. */
  readonly env?: Readonly<Record<string, string>>;
  /** PEM of the authorities to trust, for `CRED_PROXY_CA_FILE`. */
  readonly ca?: string;
  /** More files next to the route table, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** Arguments after `serve`. */
  readonly args?: readonly string[];
  /** Flags for `deno run` instead of the derived ones. */
  readonly flags?: readonly string[];
}

/** A running service. */
export interface Service extends AsyncDisposable {
  readonly port: number;
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string;
  readonly pid: number;
  /** The flags it runs under. */
  readonly flags: readonly string[];
  /** The variables it was given. */
  readonly env: Readonly<Record<string, string>>;
  /** The folder of its route table. */
  readonly folder: string;
  /** Resolves when the process has exited. */
  readonly status: Promise<Deno.CommandStatus>;
  /** What it wrote to stdout so far. */
  stdout(): string;
  /** What it wrote to stderr so far. */
  stderr(): string;
  /** Resolves with the first match in stdout; rejects after five seconds. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves with the first match in stderr; rejects after five seconds. */
  logged(pattern: RegExp): Promise<RegExpExecArray>;
  /** Sends a signal. */
  kill(signal?: Deno.Signal): void;
  /** Sends SIGTERM and resolves with the exit code. */
  stop(): Promise<number>;
}

/**
 * Starts the service on a free port of 127.0.0.1 and resolves when it listens.
 *
 * @throws {Error} with its stderr, when it exits before it listens
 */
export async function startService(options: ServiceOptions): Promise<Service> {
  const folder = await Deno.makeTempDir({ prefix: "cred-proxy-" });
  try {
    return await serveFrom(folder, options);
  } catch (error) {
    await Deno.remove(folder, { recursive: true });
    throw error;
  }
}

async function serveFrom(folder: string, options: ServiceOptions): Promise<Service> {
  const env = await writeFiles(folder, options);
  const flags = options.flags ?? await derivedFlags(env);
  const child = spawnMain(flags, ["serve", ...options.args ?? []], env);
  const [stdout, stderr] = [new Log(child.stdout), new Log(child.stderr)];

  async function stop(): Promise<number> {
    await endChild(child, "SIGTERM");
    await Promise.all([stdout.done, stderr.done]);
    return (await child.status).code;
  }

  let port: number;
  try {
    const [, found] = await stderr.match(/^cred-proxy listening on \S+:(\d+);/m, CHILD_PATIENCE);
    port = Number(found);
  } catch (error) {
    await endChild(child, "SIGKILL");
    throw error;
  }

  return {
    port,
    url: `http://127.0.0.1:${port}`,
    pid: child.pid,
    flags,
    env,
    folder,
    status: child.status,
    stdout: () => stdout.text,
    stderr: () => stderr.text,
    printed: (pattern) => stdout.match(pattern),
    logged: (pattern) => stderr.match(pattern),
    kill: (signal = "SIGKILL") => child.kill(signal),
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Returns the resident memory of a process in bytes, as Linux counts it. */
export async function residentMemory(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kilobytes === undefined) throw new Error(`Cannot find VmRSS of process ${pid}`);
  return Number(kilobytes) * 1024;
}

/** Writes the service's files and returns the variables that name them. */
async function writeFiles(folder: string, options: ServiceOptions): Promise<Record<string, string>> {
  const { routes, files, ca } = options;
  const table = join(folder, "routes.json");
  const env: Record<string, string> = {
    CRED_PROXY_ROUTES: table,
    CRED_PROXY_BIND: "127.0.0.1",
    CRED_PROXY_PORT: "0",
    // A connection that a failed test left open must not delay the exit.
    CRED_PROXY_DRAIN_S: "2",
  };
  await Deno.writeTextFile(table, typeof routes === "string" ? routes : JSON.stringify(routes, null, 2));
  for (const [name, text] of Object.entries(files ?? {})) await Deno.writeTextFile(join(folder, name), text);
  if (ca !== undefined) {
    const file: string = join(folder, "ca.pem");
    env.CRED_PROXY_CA_FILE = file;
    await Deno.writeTextFile(file, ca);
  }
  return { ...env, ...options.env };
}
