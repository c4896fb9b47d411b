import { dirname, join } from "@std/path";
import { type Ran, runScript } from "./shell.ts";
import type { Stage } from "./fixture.ts";
import type { Trial } from "./client_case.ts";

/** How to let a client try. */
export interface AttemptOptions<Seen> {
  readonly trial: Trial;
  readonly stage: Stage;
  /** The folder with the installed clients. */
  readonly clients: string;
  readonly script: (lines: string) => string;
  /** What the client holds for a key, if it is not the one that is asked for. */
  readonly key?: string;
  readonly limitMs: number;
  /** Given the home that the client had, before it is removed. */
  readonly look: (ran: Ran, home: string) => Promise<Seen>;
}

/** Lets a client try in a new home, pointed at its route by the very lines that `clients` prints. */
export async function attempt<Seen>(options: AttemptOptions<Seen>): Promise<Seen> {
  const { trial, stage, clients, script, limitMs, look } = options;
  const key = options.key ?? stage.key;
  const homes = join(dirname(clients), "homes");
  await Deno.mkdir(homes, { recursive: true });
  const home = await Deno.makeTempDir({ dir: homes });
  try {
    const lines = await stage.lines(trial.route);
    const ran = await runScript({
      // A placeholder that is found again wherever it goes.
      script: script(lines.replaceAll("placeholder", key)),
      clients,
      home,
      env: {
        ...stage.keyVariable === undefined ? {} : { [stage.keyVariable]: key },
        CLIENTS: clients,
        DENO: Deno.execPath(),
        GIT_CONFIG_NOSYSTEM: "1",
        // Whoever looks for a way past the service finds this one, which keeps a list and leads nowhere.
        HTTPS_PROXY: stage.nowhere,
        NO_PROXY: "127.0.0.1,localhost",
        ...trial.env,
      },
      limitMs,
    });
    return await look(ran, home);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}
