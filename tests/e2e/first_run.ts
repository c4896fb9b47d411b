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
import { makeForge } from "./mocks/forge.ts";
import { openai } from "./mocks/openai.ts";
import { install } from "./install.ts";
import { QUESTION } from "./client_case.ts";
import { makeKey } from "./secrets.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** How long a command may take, in milliseconds. */
const LIMIT_MS = 60_000;

const POLL_MS = 20;

/** Types into a terminal of tmux, and reads its screen. */
class Terminal implements AsyncDisposable {
  /** Its own, since that of a terminal before may still be ending. */
  readonly #server = `cred-proxy-${crypto.randomUUID().slice(0, 8)}`;

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

/** What the mocks have been sent as a credential. */
interface Seen {
  readonly wanted: string;
  readonly got: Set<string | undefined>;
}

/** A home, and what somebody types in it. */
interface Trial {
  readonly terminal: Terminal;
  readonly home: string;
  readonly keys: Seen[];
}

const PARTS = { claude, git, codex } as const;

/**
 * Types what docs/FIRST_RUN.md shows, and prints it with the time of each command. @returns Whether the agents and git got their
 * answers, and the keys stayed where they were.
 *
 * @param names What to show: claude, git, codex, or all of them.
 */
export async function firstRun(names: readonly string[]): Promise<boolean> {
  const parts = Object.entries(PARTS).filter(([name]) => names.length === 0 || names.includes(name));
  const home = await Deno.makeTempDir({ dir: Deno.env.get("HOME") ?? "/root", prefix: "first-run-" });
  try {
    await installFor(home, parts.every(([name]) => name === "git") ? undefined : await install());
    let passed = parts.length > 0;
    for (const [, part] of parts) passed = await inTerminal(home, part) && passed;
    return passed;
  } finally {
    await removeAll(home);
  }
}

/** Opens a terminal, types, and prints its screen. @returns Whether all of it worked, with the right keys only. */
async function inTerminal(
  home: string,
  use: (trial: Trial) => Promise<readonly [RegExp, ...number[]]>,
): Promise<boolean> {
  await using terminal = new Terminal();
  await terminal.open({
    HOME: home,
    PATH: `${home}/.local/bin:/usr/local/bin:/usr/bin:/bin`,
    TERM: "xterm-256color",
    LANG: "C.UTF-8",
    PS1: "$ ",
    DENO: Deno.execPath(),
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
  }, join(home, "project"));
  const keys: Seen[] = [];
  const [expected, ...times] = await use({ terminal, home, keys });
  let screen = (await terminal.screen()).replaceAll(home, "/home/me");
  for (const { wanted } of keys) screen = screen.replaceAll(wanted, `${wanted.slice(0, 7)}…`);
  console.log(screen.replace(/\n\$\s*$/, ""));
  console.log(`\nSeconds: ${times.map((time) => (time / 1000).toFixed(1)).join(", ")}\n`);
  const answered = expected.test(screen);
  const kept = keys.every(({ wanted, got }) => got.size === 1 && got.has(wanted));
  if (!answered || !kept) console.error(`answered: ${answered}; only the right keys: ${kept}`);
  return answered && kept;
}

async function claude({ terminal, keys }: Trial): Promise<readonly [RegExp, ...number[]]> {
  const seen: Seen = { wanted: makeKey("sk-ant"), got: new Set() };
  keys.push(seen);
  await using mock = startUpstream(async (exchange: Exchange) => {
    const given = exchange.field("x-api-key");
    seen.got.add(given);
    if (given === seen.wanted) return await anthropic(exchange);
    await exchange.respond(401);
  }, { record: false });
  return [
    /^The proxy is transparent\.$/m,
    await terminal.type(`cred-proxy init anthropic=http://127.0.0.1:${mock.port}`),
    await terminal.type(`sed -i 's/^ANTHROPIC_API_KEY=/&${seen.wanted}/' ~/.config/cred-proxy/.env`),
    await terminal.type(`cred-proxy run -- claude --print "${QUESTION}"`),
  ];
}

async function git({ terminal, keys }: Trial): Promise<readonly [RegExp, ...number[]]> {
  const token = makeKey("glpat");
  const authorization = `Basic ${btoa(`oauth2:${token}`)}`;
  const seen: Seen = { wanted: authorization, got: new Set() };
  keys.push(seen, { wanted: token, got: new Set([token]) });
  await using forge = await makeForge();
  const serve = forge.serve(authorization);
  await using mock = startUpstream(async (exchange: Exchange) => {
    seen.got.add(exchange.field("authorization"));
    await serve(exchange);
  }, { record: false });
  const url = `http://127.0.0.1:${mock.port}`;
  return [
    /^[0-9a-f]{7} two\n[0-9a-f]{7} one$/m,
    await terminal.type(`cred-proxy init --add gitlab=${url}`),
    await terminal.type(`sed -i 's/^GITLAB_TOKEN=/&${token}/' ~/.config/cred-proxy/.env`),
    await terminal.type(`cred-proxy run -- git clone -q ${url}/acme/project.git`),
    await terminal.type("cd project; echo two >> README; git commit -qam two"),
    await terminal.type("cred-proxy run -- git push -q"),
    await terminal.type("cred-proxy run -- git pull"),
    await terminal.type("git log --oneline | cat"),
  ];
}

async function codex({ terminal, keys }: Trial): Promise<readonly [RegExp, ...number[]]> {
  const seen: Seen = { wanted: makeKey("sk-pro"), got: new Set() };
  keys.push(seen);
  await using mock = startUpstream(async (exchange: Exchange) => {
    const given = exchange.field("authorization")?.replace("Bearer ", "");
    seen.got.add(given);
    if (given === seen.wanted) return await openai(exchange);
    await exchange.respond(401);
  }, { record: false });
  return [
    /^The proxy is transparent\.$/m,
    await terminal.type(`cred-proxy init --add openai=http://127.0.0.1:${mock.port}`),
    await terminal.type(`sed -i 's/^OPENAI_API_KEY=/&${seen.wanted}/' ~/.config/cred-proxy/.env`),
    await terminal.type(`cred-proxy run -- codex exec --skip-git-repo-check "${QUESTION}"`),
  ];
}

/** Removes a folder in which processes that have just been ended may still write. */
async function removeAll(folder: string): Promise<void> {
  for (let tries = 0; tries < 20; tries++) {
    if (await Deno.remove(folder, { recursive: true }).then(() => true, () => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`Cannot remove ${folder}`);
}

/** Installs the launcher and the agents where users have them. */
async function installFor(home: string, clientsFolder: string | undefined): Promise<void> {
  for (const name of [".local/bin", "project"]) {
    await Deno.mkdir(join(home, name), { recursive: true });
  }
  await Deno.symlink(join(ROOT, "bin/cred-proxy"), join(home, ".local/bin/cred-proxy"));
  await Deno.writeTextFile(join(home, ".gitconfig"), "[user]\n\tname = Me\n\temail = me@example.com\n");
  if (clientsFolder === undefined) return;
  const claude = await Deno.realPath(join(clientsFolder, "node_modules/.bin/claude"));
  await Deno.copyFile(claude, join(home, ".local/bin/claude"));
  // As npm installs it: a link to a script, which finds its binary among the packages.
  await Deno.symlink(join(clientsFolder, "node_modules/.bin/codex"), join(home, ".local/bin/codex"));
}
