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
import type { OngoingUpload, StreamEnd } from "../../lib/upstream/transport.ts";
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

/** An upload that goes on. */
function uploadOf(endStream: OngoingUpload["endStream"]): OngoingUpload {
  return {
    isRead: false,
    settled: () => Promise.resolve(),
    beginStream() {},
    cancelStream() {},
    abandon: () => Promise.resolve(false),
    endStream,
  };
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

Deno.test("a response that fails is left without an end if an error would not end the client's connection", async () => {
  for (const isLost of [true, false]) {
    const ends: StreamEnd[] = [];
    const upload = uploadOf((end) => (ends.push(end), Promise.resolve(isLost)));
    const { span, outcomes } = spanOf();
    const source: Source = { done: false, next: () => Promise.reject(new Error("reset")), cancel() {} };
    const reader = responseStream(source, span, upload).getReader();
    const read = reader.read().then(() => "end", () => "error");
    const first = await Promise.race([read, new Promise((resolve) => setTimeout(() => resolve("none"), 20))]);
    assertEquals([first, ends, outcomes], [isLost ? "none" : "error", ["broken"], ["upstream_aborted"]]);
    await reader.cancel().catch(() => {});
    assertEquals([ends, outcomes], [isLost ? ["broken", "left"] : ["broken"], ["upstream_aborted"]]);
  }
});

Deno.test("the upload learns of the end of a response before the runtime does, and whether the client has left", async () => {
  for (const how of ["complete", "left", "cut"] as const) {
    const { span } = spanOf();
    const ends: StreamEnd[] = [];
    const pieces = [new Uint8Array(1), new Uint8Array(2)];
    const source: Source = {
      get done() {
        return pieces.length === 0;
      },
      next: () => Promise.resolve(pieces.shift()),
      cancel() {},
    };
    let isOver = false;
    const upload = uploadOf(async (end) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      // One that leaves does not wait.
      if (end !== "left") assertEquals(isOver, false);
      ends.push(end);
      return false;
    });
    const reader = responseStream(source, span, upload).getReader();
    const closed = reader.closed.then(() => isOver = true, () => isOver = true);
    await reader.read();
    assertEquals(ends, []);
    if (how === "complete") { for (let part = await reader.read(); !part.done;) part = await reader.read(); }
    if (how === "left") await reader.cancel();
    if (how === "cut") span.cut("revoked");
    await closed;
    await new Promise((resolve) => setTimeout(resolve, 10));
    assertEquals(ends, [how]);
  }
});
