import type { ConfigChanges } from "./config_changes.ts";
import { quantile, type WorkloadResult } from "./workload_result.ts";
import type { LeakDetector } from "./tokens.ts";
import type { UpstreamReport } from "./upstream.ts";

/** Prints the outcomes per workload, and the errors of lost requests. */
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

/** What is counted besides the outcomes. */
export interface Counts {
  readonly detector: LeakDetector;
  readonly seen: UpstreamReport;
  readonly changes: ConfigChanges;
  /** The service's stderr. */
  readonly log: string;
}

/** Prints what the upstream counted, what the log shows, and the leaks. */
export function printCounts({ detector, seen, changes, log }: Counts): void {
  const loaded = (text: string) => log.split(text).length - 1;
  console.log(`
the upstream got ${seen.requests} requests on ${seen.connections} connections; duplicated: ${seen.doubled}; idempotent ones sent again: ${seen.resent}
tokens changed ${changes.tokens} times, loaded ${
    loaded("new token loaded")
  }; tables ${changes.tables} times, loaded ${loaded("route table reloaded")}
clients whose disconnection before the response was not noticed: ${seen.unnoticed.GET} without content, ${seen.unnoticed.POST} with content
leaks: ${detector.leaks}`);
  for (const [form, count] of detector.found) console.log(`  ${form}: ${count}`);
}
