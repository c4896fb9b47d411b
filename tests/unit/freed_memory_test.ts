import { assert, assertEquals } from "@std/assert";
import { gzipSync } from "node:zlib";
import { codingsOf } from "../../lib/coding/content_codings.ts";
import { DecodedCopy } from "../../lib/coding/decoded_copy.ts";
import { Secret } from "../../lib/core/secret.ts";
import { UnorderedSet } from "../../lib/core/unordered_set.ts";
import { RequestLog } from "../../lib/log/request_log.ts";
import { Mask } from "../../lib/mask/mask.ts";
import { MaskedSource } from "../../lib/mask/masked_source.ts";
import { InFlightLimiter } from "../../lib/proxy/in_flight_limiter.ts";
import { RequestSpan } from "../../lib/proxy/request_span.ts";
import { responseStream } from "../../lib/proxy/response_stream.ts";
import { BufferBudget } from "../../lib/upstream/buffer_budget.ts";
import { Connection } from "../../lib/upstream/connection.ts";
import { decoderFor } from "../../lib/upstream/decoder.ts";
import { ResponseBody } from "../../lib/upstream/response_body.ts";
import type { Source } from "../../lib/upstream/source.ts";
import { MessageBudget } from "../../lib/upstream/websocket/message_budget.ts";
import { WebSocketConnection } from "../../lib/upstream/websocket/websocket_connection.ts";
import { latin1 } from "../support/bytes.ts";
import { entryOf } from "../support/log_entry.ts";
import { FakeSocket } from "../support/fake_socket.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A source of some pieces. */
function sourceOf(...pieces: readonly Bytes[]): Source {
  const left = [...pieces];
  return {
    get done() {
      return left.length === 0;
    },
    next: () => Promise.resolve(left.shift()),
    cancel() {},
  };
}

/** A piece that is a small part of large memory. */
function smallPartOfLarge(text: string): Bytes {
  return new Uint8Array(256 * 1024).subarray(0, text.length).fill(latin1(text)[0]!);
}

Deno.test("ResponseBody frees the memory of a read that outlasted its piece", async () => {
  const rooms: Bytes[] = [];
  class Slow extends FakeSocket {
    override async read(room: Bytes): Promise<number | null> {
      rooms.push(room);
      // The third read is the one after two full ones: longer than a piece waits for it.
      if (rooms.length === 3) await new Promise((resolve) => setTimeout(resolve, 20));
      return super.read(room);
    }
  }
  const full = "x".repeat(16 * 1024);
  const connection = new Connection(new Slow([full, full, "the rest"]));
  const body = new ResponseBody(connection, decoderFor({ kind: "close" }), () => {});
  assertEquals((await body.next())?.length, 2 * full.length);
  assertEquals(await body.next(), latin1("the rest"));
  assert(rooms[2]!.buffer.detached);
});

Deno.test("MaskedSource frees a piece of which it passes on a copy, or nothing", async () => {
  const mask = { current: Mask.of([{ text: Secret.of("ghp_16C7e42F292c6912E7710c838347Ae178B4a") }]) };
  const [word, line] = [smallPartOfLarge("aaaa"), smallPartOfLarge("\n\n\n\n")];
  const source = new MaskedSource(sourceOf(word, line, latin1("end")), mask);
  // The word waits for its end, so the line passes in a copy that has both.
  assertEquals(await source.next(), latin1("aaaa\n\n\n\n"));
  assert(word.buffer.detached);
  assert(line.buffer.detached);
  assertEquals(await source.next(), latin1("end"));
});

Deno.test("responseStream() frees large memory once the piece in it was sent, however small the piece", async () => {
  const [first, second] = [smallPartOfLarge("first"), smallPartOfLarge("second")];
  const span = new RequestSpan(entryOf(), {
    log: new RequestLog([], false),
    limiter: new InFlightLimiter(1),
    spans: new UnorderedSet(),
  });
  const reader = responseStream(sourceOf(first, second), span).getReader();
  await reader.read();
  assert(!first.buffer.detached);
  await reader.read();
  assert(first.buffer.detached);
  assertEquals((await reader.read()).done, true);
  assert(second.buffer.detached);
});

Deno.test("DecodedCopy leaves hardly any garbage, however much is decoded", async () => {
  const coded = gzipSync(new Uint8Array(32 * 1024 * 1024));
  const copy = new DecodedCopy(codingsOf("gzip")!, new BufferBudget(1e8).reserve());
  const before = Deno.memoryUsage().external;
  let [most, decoded] = [0, 0];
  for await (const piece of copy.push(new Uint8Array(coded))) {
    decoded += piece.length;
    piece.buffer.transfer(0);
    most = Math.max(most, Deno.memoryUsage().external - before);
  }
  copy.close();
  assertEquals(decoded, 32 * 1024 * 1024);
  assert(most < 4 * 1024 * 1024, `${most} bytes`);
});

Deno.test("WebSocketConnection frees what it wrote if that was large, and leaves small batches alone", async () => {
  const written: Bytes[] = [];
  const connection = new Connection({
    read: () => new Promise(() => {}),
    write(bytes) {
      written.push(bytes as Bytes);
      return Promise.resolve(bytes.length);
    },
    close() {},
  });
  const socket = new WebSocketConnection(connection, { pingMs: 60_000, budget: new MessageBudget(1024) });
  const message = (length: number) => ({ text: false, bytes: new Uint8Array(length) });
  for (const length of [100, 100, 5000]) await socket.send([message(length)]);
  // With the room for two heads, less than 4 KiB, and as much.
  for (const length of [4067, 4068]) await socket.send([message(length - 100), message(100)]);
  socket.destroy();
  assertEquals(written.map(({ buffer }) => buffer.detached), [false, false, true, false, true]);
  // The short ones are written from one place.
  assertEquals(written[0]?.buffer === written[1]?.buffer, true);
});
