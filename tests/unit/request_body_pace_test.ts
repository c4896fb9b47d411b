/**
 * When a response to an upload that goes on may be streamed.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { RequestFraming } from "../../lib/http/framing.ts";
import { Connection } from "../../lib/upstream/connection.ts";
import { RequestBody } from "../../lib/upstream/request_body.ts";
import { UnfinishedUploads } from "../../lib/upstream/unfinished_uploads.ts";
import { latin1 } from "../support/bytes.ts";
import { FakeSocket } from "../support/fake_socket.ts";
import { FakeTime } from "../support/fake_time.ts";

const FRAMINGS: readonly RequestFraming[] = [{ kind: "chunked" }, { kind: "length", length: 100 }];

/** Sends content of which one piece comes, to a socket. @returns When the response may be streamed, in milliseconds, if within 3 s. */
async function settlesAfter(
  framing: RequestFraming,
  write: (bytes: Uint8Array) => Promise<number>,
  ends = false,
): Promise<number | undefined> {
  using time = new FakeTime();
  const began = time.now;
  const socket = Object.assign(new FakeSocket([]), { write });
  let pulls = 0;
  const content = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (pulls++ === 0) controller.enqueue(latin1("hello"));
      else if (ends) controller.close();
    },
  }, { highWaterMark: 0 });
  const body = new RequestBody(content, framing, new UnfinishedUploads());
  body.send(new Connection(socket), framing, () => {});
  await time.settle();
  let settled: number | undefined;
  body.settled().then(() => settled = time.now - began);
  await time.pass(3_000);
  return settled;
}

Deno.test("a response may be streamed once its client has paused its upload for a while, longer if the upstream takes no more", async () => {
  for (const framing of FRAMINGS) {
    const paused = await settlesAfter(framing, (bytes) => Promise.resolve(bytes.length));
    const stalled = await settlesAfter(framing, () => new Promise(() => {}));
    assertEquals([paused, stalled], [500, 2_100], framing.kind);
  }
});

Deno.test("a response may be streamed as soon as the rest of a refused upload was dropped", async () => {
  for (const framing of FRAMINGS) {
    const refuse = () => Promise.reject(new Deno.errors.BrokenPipe("broken pipe"));
    assertEquals(await settlesAfter(framing, refuse, true), 0, framing.kind);
  }
});
