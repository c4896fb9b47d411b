/**
 * Runs the soak for one second, so that the command keeps working.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { Log } from "../support/log.ts";
import { endChild } from "../support/run_main.ts";
import { within } from "../support/within.ts";

const SOAK = fromFileUrl(new URL("./main.ts", import.meta.url));

Deno.test("a short soak covers every workload and finds nothing lost, duplicated, leaked or left open", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", SOAK, "1"],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [stdout, stderr] = [new Log(child.stdout), new Log(child.stderr)];
  try {
    const { code } = await within(child.status, () => `The soak's end: ${stdout.text}`, 60_000);
    await Promise.all([stdout.done, stderr.done]);
    assertEquals([code, stdout.text.split("\n").at(-2)], [0, "All well."], stdout.text + stderr.text);
  } finally {
    await endChild(child, "SIGTERM");
  }
});
