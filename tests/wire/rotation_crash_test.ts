/**
 * What is left of a login when the process is killed while the issuer replaces the refresh token.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { type Leniency, startRotatingIssuer } from "../support/rotating_issuer.ts";

const CHILD = fromFileUrl(new URL("../support/rotation_child.ts", import.meta.url));

/** The steps of a rotation: the issuer has replaced the token, those of the write, and the use of the access token. */
const STEPS = ["replaced", "begun", "written", "synced", "renamed", "used"] as const;

/** Kills a process at a step of a rotation. @returns Whether the next one gets a token. */
async function survives(leniency: Leniency, step: typeof STEPS[number]): Promise<boolean> {
  await using issuer = startRotatingIssuer(leniency);
  const folder = await Deno.makeTempDir();
  try {
    const start = (...more: readonly string[]) =>
      new Deno.Command(Deno.execPath(), {
        args: ["run", "--no-check", "-A", CHILD, issuer.url, folder, issuer.first, ...more],
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
    const killed = start(step);
    const kill = async () => {
      killed.kill("SIGKILL");
      await killed.status;
    };
    issuer.setHooks(step === "replaced" ? { after: kill } : {});
    assertEquals((await killed.output()).signal, "SIGKILL");
    issuer.setHooks({});
    const next = await start().output();
    const token = new TextDecoder().decode(next.stdout).trim();
    return next.success && issuer.isLatest(token);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function outcomes(leniency: Leniency, steps: readonly (typeof STEPS[number])[] = STEPS) {
  const entries: [string, boolean][] = [];
  for (const step of steps) entries.push([step, await survives(leniency, step)]);
  return Object.fromEntries(entries);
}

Deno.test("a process that is killed at any step of a rotation leaves a login that works, if the issuer allows for that", async () => {
  assertEquals(await outcomes("grace"), Object.fromEntries(STEPS.map((step) => [step, true])));
});

Deno.test("at an issuer without a grace period, only a kill between its response and the rename loses the login", async () => {
  assertEquals(await outcomes("strict", ["replaced", "synced", "renamed"]), {
    replaced: false,
    synced: false,
    renamed: true,
  });
});
