import type { LogEntry } from "../log/request_log.ts";
import { type Category, categoryOf } from "./category.ts";

/** How many requests of one client ended how within some period, on one route or on several. */
export class Counts {
  readonly counts: Record<Category, number> = { served: 0, refused: 0, failed: 0 };
  bytesUp = 0;
  bytesDown = 0;

  /** Records a finished request. */
  record(entry: LogEntry): void {
    this.counts[categoryOf(entry)]++;
    this.bytesUp += entry.bytesUp;
    this.bytesDown += entry.bytesDown;
  }

  /** Adds the counts of another period, client or route. */
  add({ counts, bytesUp, bytesDown }: Counts): void {
    this.counts.served += counts.served;
    this.counts.refused += counts.refused;
    this.counts.failed += counts.failed;
    this.bytesUp += bytesUp;
    this.bytesDown += bytesDown;
  }
}
