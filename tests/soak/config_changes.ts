import { join } from "@std/path";
import type { Service } from "../support/service.ts";
import { delay } from "./workload.ts";
import { tableFor, TOKEN_FILE } from "./processes.ts";
import { tokenOf } from "./tokens.ts";

/** How often there is another token, in milliseconds. The service looks twice a second, and takes what stood still. */
const TOKEN_INTERVAL_MS = 1_200;

/** How often the table is read again, in milliseconds: by turns because it has changed and because it is asked to. */
const TABLE_INTERVAL_MS = 5_000;

/** What was changed under the load. */
export class ConfigChanges {
  tokens = 0;
  tables = 0;

  /** Changes both, again and again, until a time on the clock of `performance.now()`. */
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

/** As an operator should: what is read is the one or the other, and never half of it. */
async function replace(service: Service, name: string, text: string): Promise<void> {
  const path = join(service.folder, name);
  await Deno.writeTextFile(`${path}.new`, text);
  await Deno.rename(`${path}.new`, path);
}
