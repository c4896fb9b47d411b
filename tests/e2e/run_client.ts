import { dirname, join } from "@std/path";
import { runScript, type ScriptResult } from "./shell.ts";
import type { E2eFixture } from "./fixture.ts";
import type { ClientCase } from "./client_case.ts";

/** How to let a client try. */
export interface RunClientOptions<Seen> {
  readonly client: ClientCase;
  readonly fixture: E2eFixture;
  /** The folder with the installed clients. */
  readonly clientsFolder: string;
  readonly script: (lines: string) => string;
  /** What the client holds for a key, if it is not the one that is asked for. */
  readonly key?: string;
  readonly limitMs: number;
  /** Given the home that the client had, before it is removed. */
  readonly inspect: (ran: ScriptResult, home: string) => Promise<Seen>;
}

/** Lets a client try in a new home, pointed at its route by the very lines that `clients` prints. */
export async function runClient<Seen>(options: RunClientOptions<Seen>): Promise<Seen> {
  const { client, fixture, clientsFolder, script, limitMs, inspect: look } = options;
  const key = options.key ?? fixture.key;
  const homes = join(dirname(clientsFolder), "homes");
  await Deno.mkdir(homes, { recursive: true });
  const home = await Deno.makeTempDir({ dir: homes });
  try {
    const lines = await fixture.lines(client.route);
    const ran = await runScript({
      // A placeholder that is found again wherever it goes.
      script: script(lines.replaceAll("placeholder", key)),
      clientsFolder,
      home,
      env: {
        ...fixture.keyVariable === undefined ? {} : { [fixture.keyVariable]: key },
        CLIENTS: clientsFolder,
        DENO: Deno.execPath(),
        GIT_CONFIG_NOSYSTEM: "1",
        // Whoever looks for a way past the service finds this one, which keeps a list and leads nowhere.
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
