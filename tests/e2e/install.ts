import { join } from "@std/path";
import { VERSIONS } from "./versions.ts";

/** How long the installation may take: the clients exceed a gigabyte. */
const INSTALL_LIMIT_MS = 900_000;

/**
 * Installs the clients in their pinned versions, unless they are installed already. @returns Their folder.
 *
 * It is in the user's cache: the checkout is formatted and checked as a whole, and Codex refuses to work below the
 * temporary folder.
 */
export async function install(): Promise<string> {
  const cache = Deno.env.get("XDG_CACHE_HOME") ?? join(Deno.env.get("HOME") ?? ".", ".cache");
  const folder = join(cache, "cred-proxy-e2e/clients");
  const wanted = JSON.stringify({ private: true, dependencies: VERSIONS }, null, 2);
  const done = join(folder, "installed.json");
  if (await Deno.readTextFile(done).catch(() => "") === wanted) return folder;

  console.error(`Installing the clients in ${folder}; this takes a minute and a gigabyte`);
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, "package.json"), wanted);
  await npmInstall(folder);
  await Deno.writeTextFile(done, wanted);
  return folder;
}

async function npmInstall(folder: string): Promise<void> {
  const { code, stderr } = await new Deno.Command("npm", {
    args: ["install", "--no-audit", "--no-fund", "--no-package-lock"],
    cwd: folder,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    signal: AbortSignal.timeout(INSTALL_LIMIT_MS),
  }).output();
  if (code !== 0) throw new Error(`npm install ended with ${code}: ${new TextDecoder().decode(stderr)}`);
}
