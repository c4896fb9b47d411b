import type { LogEntry } from "../log/request_log.ts";
import { Histogram } from "../metrics/histogram.ts";
import { DELAY_BOUNDS } from "../metrics/route_meter.ts";
import { type Category, categoryOf } from "./category.ts";

/** Statistics of the requests that ended within some period. */
export class Traffic {
  readonly counts: Record<Category, number> = { served: 0, refused: 0, failed: 0 };
  /** Requests by method. */
  readonly methods = new Map<string, number>();
  /** Seconds from the request to the upstream's response head. */
  readonly delays = new Histogram(DELAY_BOUNDS);
  bytesUp = 0;
  bytesDown = 0;

  /** Records a finished request. */
  record(entry: LogEntry): void {
    this.counts[categoryOf(entry)]++;
    this.#countMethod(METHODS.has(entry.method) ? entry.method : "other", 1);
    if (entry.firstByteMs !== undefined) this.delays.observe(entry.firstByteMs / 1000);
    this.bytesUp += entry.bytesUp;
    this.bytesDown += entry.bytesDown;
  }

  /** Adds the statistics of another period. */
  add(other: Traffic): void {
    this.counts.served += other.counts.served;
    this.counts.refused += other.counts.refused;
    this.counts.failed += other.counts.failed;
    for (const [method, count] of other.methods) this.#countMethod(method, count);
    this.delays.add(other.delays);
    this.bytesUp += other.bytesUp;
    this.bytesDown += other.bytesDown;
  }

  #countMethod(method: string, count: number): void {
    this.methods.set(method, (this.methods.get(method) ?? 0) + count);
  }
}

/** The methods that are counted by name: any token is a valid method (RFC 9110, section 9.1), so clients could send many. */
const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
