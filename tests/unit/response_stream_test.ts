import { assertEquals, assertRejects } from "@std/assert";
import { errorText } from "../../lib/core/error_text.ts";
import { UnorderedSet } from "../../lib/core/unordered_set.ts";
import { Refusal } from "../../lib/http/refusal.ts";
import { RequestLog } from "../../lib/log/request_log.ts";
import { ContentWithheld } from "../../lib/mask/withheld.ts";
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

/** A span of a request, and what the log says of its end. */
function spanOf() {
  const outcomes: string[] = [];
  const entry = entryOf({ bytesDown: 0 });
  const span = new RequestSpan(entry, {
    log: new RequestLog([({ outcome }) => outcomes.push(outcome)]),
    limiter: new InFlightLimiter(1),
    spans: new UnorderedSet(),
  });
  return { span, entry, outcomes };
}

Deno.test("a response in single bytes lets others go first, and is counted to its end", async () => {
  const { span, entry, outcomes } = spanOf();
  let others = 0;
  const timer = setInterval(() => others++);
  const reader = responseStream(bytesOf(20_000), span).getReader();
  while (!(await reader.read()).done);
  clearInterval(timer);
  assertEquals([entry.bytesDown, outcomes, others > 0], [20_000, ["complete"], true]);
});

Deno.test("a response is read only as fast as the client takes it", async () => {
  let reads = 0;
  const source: Source = {
    done: false,
    next: () => Promise.resolve(new Uint8Array(++reads)),
    cancel() {},
  };
  const { span, entry, outcomes } = spanOf();
  const reader = responseStream(source, span).getReader();
  for (let count = 0; count < 3; count++) {
    await new Promise((resolve) => setTimeout(resolve));
    assertEquals(reads, count);
    await reader.read();
  }
  await reader.cancel();
  assertEquals([reads, entry.bytesDown, outcomes], [3, 1 + 2 + 3, ["client_aborted"]]);
});

Deno.test("a response that fails says in the log whether the upstream broke it off or a secret in it was withheld", async () => {
  const withheld = new ContentWithheld("a secret");
  const refusal = new Refusal("upstream_failed", "", { cause: new Error("why") });
  for (
    const [error, outcome, cause] of [
      [new Error("reset"), "upstream_aborted", undefined],
      [withheld, "withheld", errorText(withheld)],
      [refusal, "withheld", "Error: why"],
    ] as const
  ) {
    const { span, entry, outcomes } = spanOf();
    const source: Source = { done: false, next: () => Promise.reject(error), cancel() {} };
    await assertRejects(() => responseStream(source, span).getReader().read());
    assertEquals([outcomes, entry.cause], [[outcome], cause]);
  }
});
