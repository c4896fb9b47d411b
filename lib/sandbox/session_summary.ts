/** What one run asked of the proxy. */
interface Counts {
  asked: number;
  bytesUp: number;
  bytesDown: number;
  /** Secrets that were overwritten in responses. */
  masked: number;
}

/**
 * Sums up a session from the service's JSON log, a line per entry. Nothing that the command has chosen is in it, such as a path:
 * a terminal would interpret that.
 *
 * @returns Lines for a person.
 */
export function sessionSummary(log: string): string[] {
  const routes = new Map<string, Counts & { failed: number }>();
  const refusals = new Map<string, number>();
  const all: Counts = { asked: 0, bytesUp: 0, bytesDown: 0, masked: 0 };
  for (const line of log.split("\n")) {
    const entry = parseEntry(line);
    if (entry === undefined) continue;
    all.asked++;
    all.masked += numberOf(entry.masked);
    if (typeof entry.error === "string") {
      refusals.set(entry.error, (refusals.get(entry.error) ?? 0) + 1);
    }
    if (typeof entry.route !== "string") continue;
    const counts = routes.get(entry.route) ?? { asked: 0, bytesUp: 0, bytesDown: 0, masked: 0, failed: 0 };
    counts.asked++;
    counts.bytesUp += numberOf(entry.bytes_up);
    counts.bytesDown += numberOf(entry.bytes_down);
    if (typeof entry.error === "string" || numberOf(entry.status) >= 400) counts.failed++;
    routes.set(entry.route, counts);
  }
  if (all.asked === 0) return ["nothing was asked of the proxy"];
  const lines = [...routes].toSorted(([one], [other]) => one < other ? -1 : 1).map(([route, counts]) =>
    `${route}: ${plural(counts.asked, "request")}` +
    `, ${bytes(counts.bytesUp)} up, ${bytes(counts.bytesDown)} down` +
    (counts.failed === 0 ? "" : `, ${counts.failed} failed`)
  );
  const refused = [...refusals.values()].reduce((sum, count) => sum + count, 0);
  const codes = [...refusals].toSorted(([, one], [, other]) => other - one)
    .map(([code, count]) => `${count} × ${code}`);
  return [
    ...lines,
    refused === 0 ? "refused: nothing" : `refused: ${plural(refused, "request")} (${codes.join(", ")})`,
    all.masked === 0 ? "masked: nothing" : `masked: ${plural(all.masked, "secret")} in responses`,
  ];
}

function parseEntry(line: string): Record<string, unknown> | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === "object" && entry !== null && "status" in entry ? { ...entry } : undefined;
  } catch {
    // The last line of a service that was killed.
    return undefined;
  }
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  return count < 1_000_000 ? `${(count / 1000).toFixed(1)} kB` : `${(count / 1_000_000).toFixed(1)} MB`;
}
