/**
 * Prometheus' own judge of metrics, of Debian's package `prometheus`; undefined where it is not installed.
 *
 * Gives what it complains about, and so nothing where all is well.
 */
export const promtool: ((metrics: string) => Promise<string>) | undefined = isInstalled() ? judge : undefined;

function isInstalled(): boolean {
  try {
    return new Deno.Command("promtool", { args: ["--version"], stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch {
    return false;
  }
}

async function judge(metrics: string): Promise<string> {
  const child = new Deno.Command("promtool", {
    args: ["check", "metrics"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(metrics));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  return code === 0 ? said : `exit status ${code}: ${said}`;
}
