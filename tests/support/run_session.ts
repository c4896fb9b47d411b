/**
 * `cred-proxy run` in a home of its own, with a table, keys and a project.
 *
 * @module
 */

import { dirname, fromFileUrl, join } from "@std/path";
import { killAllWith } from "./kill_all_with.ts";
import { Log } from "./log.ts";
import { endChild } from "./run_main.ts";
import { starts } from "./starts.ts";
import { startUpstream, type Upstream } from "./upstream.ts";
import { within } from "./within.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));
const LAUNCHER = join(ROOT, "bin/cred-proxy");

/** Looks like a key, and is easily found. */
export const KEY = `sk-canary-${crypto.randomUUID()}`;

/** Whether bubblewrap can make a sandbox here. */
export const hasBubblewrap: boolean = await starts(
  "bwrap",
  ...["--unshare-user", "--unshare-pid", "--unshare-net", "--ro-bind", "/", "/", "true"],
);

/** A home with a route table, keys in the usual places, and a project in it. */
export interface Home extends AsyncDisposable {
  readonly folder: string;
  readonly project: string;
  readonly upstream: Upstream;
  /** Starts `cred-proxy run` with the arguments, in the project. */
  start(args: readonly string[], options?: StartOptions): Session;
}

/** How to start a session. */
export interface StartOptions {
  /** A program that starts the launcher, and its arguments. */
  readonly within?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** The launcher of another checkout. */
  readonly launcher?: string;
}

/** What a session left behind. */
export interface SessionOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that `run` runs. */
export interface Session {
  readonly child: Deno.ChildProcess;
  readonly input: WritableStreamDefaultWriter<Uint8Array>;
  /** Resolves with the first match in what was written to stdout. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** Waits for the end of the command and of everything that was started with it. */
  ended(): Promise<SessionOutcome>;
}

const PATIENCE = 20_000;

/** Programs of the system alone: those of a version manager lie in the home of whoever runs the tests. */
export const SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin";

/** Makes a home. Its one route, `/a/`, leads to an upstream that returns the credential which it got. */
export async function makeHome(): Promise<Home> {
  const folder = await Deno.makeTempDir({ prefix: "cred-proxy-home-" });
  const project = join(folder, "project");
  const upstream = startUpstream((exchange) =>
    exchange.respond(200, {}, `got ${exchange.field("authorization")}`)
  );
  const table = {
    routes: [{ path: "/a/", upstream: upstream.url, auth_scheme: "Bearer", token_env: "A_TOKEN" }],
  };
  const files: Record<string, string> = {
    ".config/cred-proxy/routes.json": JSON.stringify(table),
    ".config/cred-proxy/.env": `A_TOKEN=${KEY}\n`,
    ".ssh/id_ed25519": `-----BEGIN KEY-----\n${KEY}\n`,
    ".aws/credentials": `aws_secret_access_key = ${KEY}\n`,
    ".config/gh/hosts.yml": `oauth_token: ${KEY}\n`,
    ".netrc": `machine a.example password ${KEY}\n`,
    "project/.git/config": "[core]\n",
    "project/.git/hooks/pre-commit.sample": "",
    "project/readme": "A project.\n",
  };
  for (const [name, text] of Object.entries(files)) {
    await Deno.mkdir(dirname(join(folder, name)), { recursive: true });
    await Deno.writeTextFile(join(folder, name), text);
  }
  return {
    folder,
    project,
    upstream,
    start(args, { within: outer = [], env = {}, cwd = project, launcher = LAUNCHER } = {}) {
      const [program = "", ...rest] = [...outer, launcher, "run", ...args];
      const child = new Deno.Command(program, {
        args: rest,
        cwd,
        clearEnv: true,
        env: {
          HOME: folder,
          PATH: SYSTEM_PATH,
          // For the folders of sessions, so that those of a killed one are removed with the home.
          XDG_RUNTIME_DIR: folder,
          TERM: "xterm",
          DENO: Deno.execPath(),
          DENO_DIR: join(folder, ".cache"),
          ...env,
        },
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const [stdout, stderr] = [new Log(child.stdout), new Log(child.stderr)];
      const input = child.stdin.getWriter();
      return {
        child,
        input,
        printed: (pattern) => stdout.match(pattern, PATIENCE),
        async ended() {
          try {
            const ended = Promise.all([child.status, stdout.done, stderr.done]);
            const [{ code }] = await within(
              ended,
              () => `The end: ${stdout.text} ${stderr.text}`,
              PATIENCE,
            );
            return { code, stdout: stdout.text, stderr: stderr.text };
          } finally {
            await input.close().catch(() => {});
            await endChild(child, "SIGKILL");
          }
        },
      };
    },
    async [Symbol.asyncDispose]() {
      await killAllWith(`HOME=${folder}`);
      await upstream[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}
