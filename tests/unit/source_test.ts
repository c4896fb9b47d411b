import { assertEquals } from "@std/assert";
import { readEarly, type Source } from "../../lib/upstream/source.ts";
import { within } from "../support/within.ts";

Deno.test("readEarly() reads 64 KiB at most before the moment, and leaves the rest where it is", async () => {
  let reads = 0;
  const source: Source = {
    done: false,
    // It ends nowhere, but waits after a while, so that a reader without a limit does too.
    next: () => ++reads > 100 ? new Promise(() => {}) : Promise.resolve(new Uint8Array(1024).fill(reads)),
    cancel() {},
  };
  const moment = Promise.withResolvers<void>();
  const early = readEarly(source, moment.promise);
  await new Promise((resolve) => setTimeout(resolve, 10));
  assertEquals(reads, 64);
  moment.resolve();
  const { first, rest } = await within(early, "The moment");
  assertEquals([first.length, first[0], first.at(-1)], [64 * 1024, 1, 64]);
  assertEquals([(await rest.next())?.[0], reads], [65, 65]);
});
