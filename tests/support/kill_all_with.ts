/**
 * Kills every process that has this variable in its environment: what a test started may have left its parents behind, and a
 * failed test must not leave it running. Only where there is `/proc`.
 *
 * @param variable `NAME=value`, with a value of this test's alone.
 */
export async function killAllWith(variable: string): Promise<void> {
  if (Deno.build.os !== "linux") return;
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const environment = await Deno.readTextFile(`/proc/${name}/environ`).catch(() => "");
    if (!environment.split("\0").includes(variable)) continue;
    try {
      Deno.kill(Number(name), "SIGKILL");
    } catch {
      // It has ended.
    }
  }
}
