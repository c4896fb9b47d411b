import { assertEquals } from "@std/assert";
import { UnorderedSet } from "../../lib/core/unordered_set.ts";
import { RequestLog } from "../../lib/log/request_log.ts";
import { InFlightLimiter } from "../../lib/proxy/in_flight_limiter.ts";
import { RequestSpan } from "../../lib/proxy/request_span.ts";
import { responseStream } from "../../lib/proxy/response_stream.ts";
import type { Source } from "../../lib/upstream/source.ts";
import { entryOf } from "../support/log_entry.ts";

/** A source of so many single bytes, all of them at hand. */
function bytesOf(count: number): Source {
  let left = count;
  return {
    get done() {
      return left === 0;
    },
    next: () => Promise.resolve(left-- > 0 ? new Uint8Array(1) : undefined),
    cancel() {},
  };
}

Deno.test("a response in single bytes lets others go first, and is counted to its end", async () => {
  const outcomes: string[] = [];
  const entry = entryOf({ bytesDown: 0 });
  const span = new RequestSpan(entry, {
    log: new RequestLog([({ outcome }) => outcomes.push(outcome)]),
    limiter: new InFlightLimiter(1),
    spans: new UnorderedSet(),
  });
  let others = 0;
  const timer = setInterval(() => others++);
  const reader = responseStream(bytesOf(20_000), span).getReader();
  while (!(await reader.read()).done);
  clearInterval(timer);
  assertEquals([entry.bytesDown, outcomes, others > 0], [20_000, ["complete"], true]);
});
