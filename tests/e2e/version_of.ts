import { join } from "@std/path";
import { cacheFolder } from "./install.ts";
import { runScript } from "./shell.ts";
import type { ClientCase } from "./client_case.ts";

/** Returns the version of an installed client, or undefined. */
export async function versionOf(client: ClientCase, clientsFolder: string): Promise<string | undefined> {
  const homes = join(cacheFolder(), "homes");
  await Deno.mkdir(homes, { recursive: true });
  const home = await Deno.makeTempDir({ dir: homes });
  try {
    const script = `command -v "${client.command}" > /dev/null || exit 127\n${client.version}`;
    const { code, stdout } = await runScript({
      script,
      clientsFolder,
      home,
      env: { CLIENTS: clientsFolder, DENO: Deno.execPath() },
      limitMs: 30_000,
    });
    return code === 0 ? /\d+(?:\.\d+)+/.exec(stdout)?.[0] : undefined;
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}
