import type { ConfigChanges } from "./config_changes.ts";
import { quantile, type WorkloadResult } from "./workload_result.ts";
import type { LeakDetector } from "./tokens.ts";
import type { UpstreamReport } from "./upstream.ts";

/** What became of each kind of request, and what was wrong with those that were lost. */
export function printResults(results: readonly WorkloadResult[]): void {
  console.log(
    `\n${"requests".padEnd(24)} ${
      ["made", "lost", "p50 ms", "p99 ms"].map((each) => each.padStart(8)).join(" ")
    }`,
  );
  for (const { workload, requests, lost, durations } of results) {
    const sorted = durations.toSorted((left, right) => left - right);
    const times = sorted.length === 0 ? [] : [0.5, 0.99].map((part) => quantile(sorted, part).toFixed(1));
    const cells = [requests, lost, ...times].map((cell) => `${cell}`.padStart(8));
    console.log(`${workload.title.padEnd(24)} ${cells.join(" ")}`);
  }
  for (const { workload, failures } of results) {
    for (const [what, count] of failures) console.log(`  ${workload.title}: ${count} times: ${what}`);
  }
}

/** What was seen at the other end, in what came back, and in the log. */
export function printCounts(
  detector: LeakDetector,
  seen: UpstreamReport,
  changes: ConfigChanges,
  log: string,
): void {
  const taken = (text: string) => log.split(text).length - 1;
  console.log(`
the upstream saw ${seen.requests} requests on ${seen.connections} connections; doubled: ${seen.doubled}; idempotent ones sent again: ${seen.resent}
tokens changed ${changes.tokens} times, taken ${
    taken("new token loaded")
  }; tables ${changes.tables} times, taken ${taken("route table reloaded")}
clients that left before the response and were not noticed: ${seen.unnoticed.GET} without content, ${seen.unnoticed.POST} with some
leaks: ${detector.leaks}`);
  for (const [form, count] of detector.found) console.log(`  ${form}: ${count}`);
}
