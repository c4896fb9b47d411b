import { join } from "@std/path";
import { cacheFolder } from "./install.ts";
import { runScript, type ScriptResult } from "./shell.ts";
import type { E2eFixture } from "./fixture.ts";
import type { ClientCase } from "./client_case.ts";

/** How to run a client. */
export interface RunClientOptions<Seen> {
  readonly client: ClientCase;
  readonly fixture: E2eFixture;
  /** The folder with the installed clients. */
  readonly clientsFolder: string;
  readonly script: (lines: string) => string;
  /** The client's key; the fixture's by default. */
  readonly key?: string;
  readonly limitMs: number;
  /** Called with the client's home before it is removed. */
  readonly inspect: (ran: ScriptResult, home: string) => Promise<Seen>;
}

/** Runs a client in a new home, configured by the exact lines that `clients` prints. */
export async function runClient<Seen>(options: RunClientOptions<Seen>): Promise<Seen> {
  const { client, fixture, clientsFolder, script, limitMs, inspect: look } = options;
  const key = options.key ?? fixture.key;
  const homes = join(cacheFolder(), "homes");
  await Deno.mkdir(homes, { recursive: true });
  const home = await Deno.makeTempDir({ dir: homes });
  try {
    const lines = await fixture.lines(client.route);
    const ran = await runScript({
      // A unique key instead of the placeholder can be found wherever it goes.
      script: script(lines).replaceAll("placeholder", key),
      clientsFolder,
      home,
      env: {
        ...fixture.keyVariable === undefined ? {} : { [fixture.keyVariable]: key },
        CLIENTS: clientsFolder,
        PROGRAMS: join(import.meta.dirname ?? ".", "programs"),
        DENO: Deno.execPath(),
        GIT_CONFIG_NOSYSTEM: "1",
        // A client that tries to bypass the service finds this proxy, which records attempts and connects nowhere.
        HTTPS_PROXY: fixture.deadEnd,
        NO_PROXY: "127.0.0.1,localhost",
        ...client.env,
      },
      limitMs,
    });
    return await look(ran, home);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}
