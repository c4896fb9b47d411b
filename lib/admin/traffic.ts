import type { LogEntry } from "../log/request_log.ts";
import { Histogram } from "../metrics/histogram.ts";
import { DELAY_BOUNDS } from "../metrics/route_meter.ts";
import { type Category, categoryOf } from "./category.ts";

/** What ended within one minute. */
export class Traffic {
  readonly counts: Record<Category, number> = { answered: 0, refused: 0, failed: 0 };
  /** Requests by method. */
  readonly methods = new Map<string, number>();
  /** Time to the head of the upstream's reply, in seconds. */
  readonly delays = new Histogram(DELAY_BOUNDS);
  bytesUp = 0;
  bytesDown = 0;

  record(entry: LogEntry): void {
    this.counts[categoryOf(entry)]++;
    const method = known(entry.method);
    this.methods.set(method, (this.methods.get(method) ?? 0) + 1);
    if (entry.firstByteMs !== undefined) this.delays.observe(entry.firstByteMs / 1000);
    this.bytesUp += entry.bytesUp;
    this.bytesDown += entry.bytesDown;
  }

  add(other: Traffic): void {
    this.counts.answered += other.counts.answered;
    this.counts.refused += other.counts.refused;
    this.counts.failed += other.counts.failed;
    for (const [method, count] of other.methods) {
      this.methods.set(method, (this.methods.get(method) ?? 0) + count);
    }
    this.delays.add(other.delays);
    this.bytesUp += other.bytesUp;
    this.bytesDown += other.bytesDown;
  }
}

const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** Any word can be a method; an agent that makes up a new one each time must not fill the memory. */
function known(method: string): string {
  return METHODS.has(method) ? method : "other";
}
