import { join } from "@std/path";
import type { Service } from "../support/service.ts";
import { delay } from "./workload.ts";
import { tableFor, TOKEN_FILE } from "./processes.ts";
import { tokenOf } from "./tokens.ts";

/** How often the token changes, in milliseconds. The service checks twice per second and reads a file once it is stable. */
const TOKEN_INTERVAL_MS = 1_200;

/** How often the table is reloaded, in milliseconds: alternately by a change and by a SIGHUP. */
const TABLE_INTERVAL_MS = 5_000;

/** Changes tokens and tables under load, and counts the changes. */
export class ConfigChanges {
  tokens = 0;
  tables = 0;

  /** Changes both periodically until a time on the clock of `performance.now()`. */
  async run(service: Service, upstreamPort: number, until: number): Promise<void> {
    await Promise.all([
      repeat(TOKEN_INTERVAL_MS, until, async () => {
        await replace(service, TOKEN_FILE, tokenOf(++this.tokens));
      }),
      repeat(TABLE_INTERVAL_MS, until, async () => {
        if (++this.tables % 2 === 0) return service.kill("SIGHUP");
        await replace(service, "routes.json", JSON.stringify(tableFor(upstreamPort, this.tables % 4 === 1)));
      }),
    ]);
  }
}

async function repeat(ms: number, until: number, change: () => Promise<void>): Promise<void> {
  for (await delay(ms); performance.now() < until; await delay(ms)) await change();
}

/** Replaces a file atomically, as an operator should: a reader sees either version, never a part. */
async function replace(service: Service, name: string, text: string): Promise<void> {
  const path = join(service.folder, name);
  await Deno.writeTextFile(`${path}.new`, text);
  await Deno.rename(`${path}.new`, path);
}
