/**
 * Checks metrics with Prometheus' own linter, and returns its complaints: an empty string if there are none. Undefined
 * if it is not installed (Debian's package `prometheus`).
 */
export const promtool: ((metrics: string) => Promise<string>) | undefined = isInstalled()
  ? checkMetrics
  : undefined;

function isInstalled(): boolean {
  try {
    return new Deno.Command("promtool", { args: ["--version"], stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch {
    return false;
  }
}

async function checkMetrics(metrics: string): Promise<string> {
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
  const complaints = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  return code === 0 ? complaints : `exit status ${code}: ${complaints}`;
}
