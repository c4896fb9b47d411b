/**
 * The first run of somebody who has just installed the launcher: in a real terminal, from an empty home, three commands
 * until Claude Code answers through the proxy. `deno task e2e first-run` prints the terminal, which docs/FIRST_RUN.md
 * shows, and how long each command took.
 *
 * @module
 */

import { fromFileUrl, join } from "@std/path";
import type { Exchange } from "../support/exchange.ts";
import { startUpstream } from "../support/upstream.ts";
import { anthropic } from "./mocks/anthropic.ts";
import { QUESTION } from "./client_case.ts";
import { makeKey } from "./secrets.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** How long a command may take, in milliseconds. */
const LIMIT_MS = 60_000;

const POLL_MS = 20;

/** Types into a terminal of tmux, and reads its screen. */
class Terminal implements AsyncDisposable {
  readonly #server = `cred-proxy-${Deno.pid}`;

  /** Starts a shell with nothing but these variables. */
  async open(env: Readonly<Record<string, string>>, cwd: string): Promise<void> {
    const shell = [
      "env",
      "-i",
      ...Object.entries(env).map((pair) => pair.join("=")),
      "bash",
      "--norc",
      "--noprofile",
    ];
    await this.#tmux(
      "-f",
      "/dev/null",
      "new-session",
      "-d",
      "-s",
      "t",
      "-x",
      "100",
      "-y",
      "60",
      "-c",
      cwd,
      ...shell,
    );
    await this.#prompt(1);
  }

  /** Types a command and Enter, and returns how long it took until the next prompt, in milliseconds. */
  async type(command: string): Promise<number> {
    const prompts = this.#count(await this.screen());
    await this.#tmux("send-keys", "-t", "t", "-l", command);
    const begun = performance.now();
    await this.#tmux("send-keys", "-t", "t", "Enter");
    await this.#prompt(prompts + 1);
    return performance.now() - begun;
  }

  async screen(): Promise<string> {
    return (await this.#tmux("capture-pane", "-p", "-J", "-t", "t")).trimEnd();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tmux("kill-server").catch(() => {});
  }

  #count(screen: string): number {
    return screen.split("\n").filter((line) => line.startsWith("$")).length;
  }

  /** Waits until a number of prompts is on the screen, the last of them empty. */
  async #prompt(count: number): Promise<void> {
    const end = performance.now() + LIMIT_MS;
    for (;;) {
      const screen = await this.screen();
      if (this.#count(screen) >= count && /^\$\s*$/.test(screen.split("\n").at(-1) ?? "")) return;
      if (performance.now() > end) throw new Error(`The command does not end:\n${screen}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async #tmux(...args: string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command("tmux", {
      args: ["-L", this.#server, ...args],
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout);
  }
}

/**
 * Runs the three commands and prints the terminal. @returns Whether Claude Code answered, and the key stayed where it was.
 *
 * @param clientsFolder The folder of the installed clients.
 */
export async function firstRun(clientsFolder: string): Promise<boolean> {
  const key = makeKey("sk-ant");
  const keys = new Set<string | undefined>();
  await using mock = startUpstream(async (exchange: Exchange) => {
    const given = exchange.field("x-api-key");
    keys.add(given);
    if (given === key) return await anthropic(exchange);
    await exchange.respond(401);
  }, { record: false });
  const home = await Deno.makeTempDir({ dir: Deno.env.get("HOME") ?? "/root", prefix: "first-run-" });
  try {
    await installFor(home, clientsFolder);
    await using terminal = new Terminal();
    const project = join(home, "project");
    await terminal.open({
      HOME: home,
      PATH: `${home}/.local/bin:/usr/local/bin:/usr/bin:/bin`,
      TERM: "xterm-256color",
      LANG: "C.UTF-8",
      PS1: "$ ",
      DENO: Deno.execPath(),
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    }, project);
    const times = [
      await terminal.type(`cred-proxy init anthropic=http://127.0.0.1:${mock.port}`),
      await terminal.type(`sed -i 's/^ANTHROPIC_API_KEY=/&${key}/' ~/.config/cred-proxy/.env`),
      await terminal.type(`cred-proxy run -- claude --print "${QUESTION}"`),
    ];
    const screen = (await terminal.screen()).replaceAll(home, "/home/me").replaceAll(key, "sk-ant-…");
    console.log(screen.replace(/\n\$\s*$/, ""));
    console.log(`\nSeconds: ${times.map((time) => (time / 1000).toFixed(1)).join(", ")}`);
    const answered = screen.includes("The proxy is transparent.");
    const once = keys.size === 1 && keys.has(key);
    if (!answered || !once) {
      console.error(`Claude Code ${answered ? "answered" : "did not answer"}; keys: ${keys.size}`);
    }
    return answered && once;
  } finally {
    await removeAll(home);
  }
}

/** Removes a folder in which processes that have just been ended may still write. */
async function removeAll(folder: string): Promise<void> {
  for (let tries = 0; tries < 20; tries++) {
    if (await Deno.remove(folder, { recursive: true }).then(() => true, () => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`Cannot remove ${folder}`);
}

/** Installs the launcher and Claude Code where users have them. */
async function installFor(home: string, clientsFolder: string): Promise<void> {
  for (const name of [".local/bin", "project"]) await Deno.mkdir(join(home, name), { recursive: true });
  await Deno.symlink(join(ROOT, "bin/cred-proxy"), join(home, ".local/bin/cred-proxy"));
  const claude = await Deno.realPath(join(clientsFolder, "node_modules/.bin/claude"));
  await Deno.copyFile(claude, join(home, ".local/bin/claude"));
}
