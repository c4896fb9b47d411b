/**
 * What the runtime's permissions deny an attacker in control of the service.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import { CHILD_PATIENCE } from "../tests/support/run_main.ts";
import type { Service } from "../tests/support/service.ts";
import { within } from "../tests/support/within.ts";
import type { ProbeResult } from "./probe.ts";
import type { Report } from "./report.ts";

/** Runs the probe under the service's flags and shows what it could do. */
export async function showSandbox(report: Report, service: Service): Promise<void> {
  report.section("What an attacker in control of the service could do");
  report.show("Another program under the same flags tries to");
  const results = await runProbe(service);
  for (const { action, denied } of results) {
    report.show(`  ${action.padEnd(50, ".")} ${denied ? "denied" : "allowed"}`);
  }
  const [needed, ...others] = results;
  report.check("it may read what the service needs", needed?.denied === false);
  report.check("everything else is denied", others.length > 0 && others.every(({ denied }) => denied));
}

/** Runs the probe under the service's flags. @returns What it tried: first what it may do, then what it may not. */
export async function runProbe(service: Service): Promise<readonly ProbeResult[]> {
  const program = fromFileUrl(new URL("./probe.ts", import.meta.url));
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", ...service.flags, program, service.folder],
    env: service.env,
    stdin: "null",
    stderr: "inherit",
  });
  const { stdout } = await within(command.output(), "The probe", CHILD_PATIENCE);
  const lines = new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line));
}
