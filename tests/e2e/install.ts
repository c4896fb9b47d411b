import { dirname, join } from "@std/path";
import { AGENTS } from "./toolsets/agents.ts";
import type { Toolset } from "./toolsets/toolset.ts";

/** How long the installation of one toolset may take: the agents exceed a gigabyte. */
const INSTALL_LIMIT_MS = 900_000;

/**
 * Returns the folder for what is installed, in the user's cache: the checkout is formatted and checked as a whole, and
 * Codex refuses to work below the temporary folder.
 */
export function cacheFolder(): string {
  const cache = Deno.env.get("XDG_CACHE_HOME") ?? join(Deno.env.get("HOME") ?? ".", ".cache");
  return join(cache, "cred-proxy-e2e");
}

/** Installs the agents. @returns Their folder. */
export async function install(): Promise<string> {
  return await installToolset(AGENTS) ?? fail(`${AGENTS.needs} is not installed`);
}

/**
 * Installs a toolset in its pinned versions, unless that is done already.
 *
 * @returns Its folder, or undefined if this machine lacks what it needs.
 */
export async function installToolset(toolset: Toolset): Promise<string | undefined> {
  if (!await succeeds(`command -v ${toolset.needs}`)) return undefined;
  const folder = join(cacheFolder(), toolset.name);
  const done = join(folder, "installed.json");
  const wanted = JSON.stringify([toolset.files, toolset.script], null, 2);
  if (await Deno.readTextFile(done).catch(() => "") === wanted) return folder;

  console.error(`Installing ${toolset.name} in ${folder}`);
  await Deno.remove(done).catch(() => {});
  await Deno.mkdir(folder, { recursive: true });
  for (const [path, text] of Object.entries(toolset.files)) {
    await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
    await Deno.writeTextFile(join(folder, path), text);
  }
  await runInstaller(toolset, folder);
  await Deno.writeTextFile(done, wanted);
  return folder;
}

async function runInstaller({ name, script }: Toolset, cwd: string): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-euc", script],
    cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(INSTALL_LIMIT_MS),
  }).output();
  if (success) return;
  const decoder = new TextDecoder();
  fail(`Cannot install ${name}: ${decoder.decode(stdout)}${decoder.decode(stderr)}`);
}

async function succeeds(script: string): Promise<boolean> {
  return (await new Deno.Command("sh", { args: ["-c", script], stdout: "null", stderr: "null" }).output())
    .success;
}

function fail(message: string): never {
  throw new Error(message);
}
