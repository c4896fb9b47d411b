import { join } from "@std/path";
import { Log } from "../support/log.ts";

/** What a script did. */
export interface ScriptResult {
  /** Undefined: it was cut after the time it had. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

/** How to run a script. */
export interface ShellOptions {
  readonly script: string;
  /** The folder with the installed clients. */
  readonly clientsFolder: string;
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  readonly limitMs: number;
}

/** Runs a script in `sh`, in a home and a session of its own; what it started ends with it. */
export async function runScript(options: ShellOptions): Promise<ScriptResult> {
  const bin = join(options.clientsFolder, "node_modules/.bin");
  const started = performance.now();
  // A session of its own, so that all that a client starts can be ended by one number and nothing else is touched.
  const child = new Deno.Command("setsid", {
    args: ["sh", "-euc", options.script],
    cwd: options.home,
    clearEnv: true,
    env: {
      PATH: `${bin}:${Deno.env.get("PATH")}`,
      HOME: options.home,
      NO_COLOR: "1",
      TERM: "dumb",
      LANG: "C.UTF-8",
      ...toolchains(),
      ...options.env,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [stdout, stderr] = [new Log(child.stdout), new Log(child.stderr)];
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    endSession(child.pid);
  }, options.limitMs);
  const { code } = await child.status;
  clearTimeout(timer);
  const seconds = (performance.now() - started) / 1000;
  // What it left behind in the background holds its outputs open.
  endSession(child.pid);
  await Promise.all([stdout.done, stderr.done]);
  return { code: late ? undefined : code, stdout: stdout.text, stderr: stderr.text, seconds };
}

/** Where installed tool chains lie that a client's launcher looks for in the home of the person. */
function toolchains(): Record<string, string> {
  const home = Deno.env.get("HOME") ?? "";
  return {
    RUSTUP_HOME: Deno.env.get("RUSTUP_HOME") ?? join(home, ".rustup"),
    PYENV_ROOT: Deno.env.get("PYENV_ROOT") ?? join(home, ".pyenv"),
  };
}

/** Ends the process group that the script leads: only what this run started has that number. */
function endSession(leader: number): void {
  try {
    Deno.kill(-leader, "SIGKILL");
  } catch (error) {
    // Nothing is left of it, which is what was wanted.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
