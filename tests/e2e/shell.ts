import { join } from "@std/path";
import { Log } from "../support/log.ts";

/** The outcome of a script. */
export interface ScriptResult {
  /** Undefined if it was killed at its time limit. */
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

/** Runs a script in `sh`, in its own home and session; kills what it started when it ends. */
export async function runScript(options: ShellOptions): Promise<ScriptResult> {
  const bins = ["bin", "node_modules/.bin"].map((name) => join(options.clientsFolder, name));
  const started = performance.now();
  // Its own session, so that one process group covers all that a client starts, and nothing else.
  const child = new Deno.Command("setsid", {
    args: ["sh", "-euc", options.script],
    cwd: options.home,
    clearEnv: true,
    env: {
      PATH: [...bins, Deno.env.get("PATH")].join(":"),
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
  // Background processes would keep its outputs open.
  endSession(child.pid);
  await Promise.all([stdout.done, stderr.done]);
  return { code: late ? undefined : code, stdout: stdout.text, stderr: stderr.text, seconds };
}

/** Returns where tool chains are installed, which launchers look for in the user's home. */
function toolchains(): Record<string, string> {
  const home = Deno.env.get("HOME") ?? "";
  return {
    RUSTUP_HOME: Deno.env.get("RUSTUP_HOME") ?? join(home, ".rustup"),
    PYENV_ROOT: Deno.env.get("PYENV_ROOT") ?? join(home, ".pyenv"),
  };
}

/** Kills the process group that the script leads: only what this run started belongs to it. */
function endSession(leader: number): void {
  try {
    Deno.kill(-leader, "SIGKILL");
  } catch (error) {
    // It has already exited.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
