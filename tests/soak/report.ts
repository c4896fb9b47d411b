import type { Changes } from "./config_changes.ts";
import { quantile, type Tally } from "./workload_result.ts";
import type { Ear } from "./tokens.ts";
import type { UpstreamReport } from "./upstream.ts";

/** What became of each kind of request, and what was wrong with those that were lost. */
export function printTallies(tallies: readonly Tally[]): void {
  console.log(
    `\n${"requests".padEnd(24)} ${
      ["made", "lost", "p50 ms", "p99 ms"].map((each) => each.padStart(8)).join(" ")
    }`,
  );
  for (const { kind, requests, lost, delays } of tallies) {
    const sorted = delays.toSorted((left, right) => left - right);
    const times = sorted.length === 0 ? [] : [0.5, 0.99].map((part) => quantile(sorted, part).toFixed(1));
    const cells = [requests, lost, ...times].map((cell) => `${cell}`.padStart(8));
    console.log(`${kind.title.padEnd(24)} ${cells.join(" ")}`);
  }
  for (const { kind, bad } of tallies) {
    for (const [what, count] of bad) console.log(`  ${kind.title}: ${count} times: ${what}`);
  }
}

/** What was seen at the other end, in what came back, and in the log. */
export function printCounts(ear: Ear, seen: UpstreamReport, changes: Changes, log: string): void {
  const taken = (text: string) => log.split(text).length - 1;
  console.log(`
the upstream saw ${seen.requests} requests on ${seen.connections} connections; doubled: ${seen.doubled}; idempotent ones sent again: ${seen.resent}
tokens changed ${changes.tokens} times, taken ${
    taken("new token loaded")
  }; tables ${changes.tables} times, taken ${taken("route table reloaded")}
clients that left before the answer and were not noticed: ${seen.unnoticed.GET} without content, ${seen.unnoticed.POST} with some
leaks: ${ear.leaks}`);
  for (const [form, count] of ear.heard) console.log(`  ${form}: ${count}`);
}
