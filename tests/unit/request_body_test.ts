/**
 * The body of a request on its way to the upstream: how it is framed, and how it ends.
 *
 * @module
 */

import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import type { RequestFraming } from "../../lib/http/framing.ts";
import { Connection } from "../../lib/upstream/connection.ts";
import { RequestBodyAborted, WrongContentLength } from "../../lib/upstream/errors.ts";
import { RequestBody } from "../../lib/upstream/request_body.ts";
import { UnfinishedUploads } from "../../lib/upstream/unfinished_uploads.ts";
import { fromLatin1, join, latin1 } from "../support/bytes.ts";
import { FakeSocket } from "../support/fake_socket.ts";
import { within } from "../support/within.ts";

const CHUNKED: RequestFraming = { kind: "chunked" };

/** Returns content that comes in these pieces, and then ends or fails. */
function contentOf(pieces: readonly string[], end: "close" | "fail" = "close"): ReadableStream<Uint8Array> {
  const rest = [...pieces];
  return new ReadableStream({
    pull(controller) {
      const piece = rest.shift();
      if (piece !== undefined) controller.enqueue(latin1(piece));
      else if (end === "close") controller.close();
      else controller.error(new Error("the connection was reset"));
    },
  }, { highWaterMark: 0 });
}

function bodyOf(
  content: ReadableStream<Uint8Array>,
  framing: RequestFraming = CHUNKED,
  unfinished = new UnfinishedUploads(),
): RequestBody {
  return new RequestBody(content, framing, unfinished);
}

/** Sends content. @returns What the upstream got, what was reported as sent, and how it ended. */
async function send(content: ReadableStream<Uint8Array>, framing: RequestFraming) {
  const socket = new FakeSocket([]);
  const body = bodyOf(content);
  const sent: number[] = [];
  await body.send(new Connection(socket), framing, (bytes) => sent.push(bytes));
  const { done, failure } = body;
  return { written: fromLatin1(join(socket.written)), sent, done, failure, closed: socket.closed };
}

Deno.test("content is sent with its length, or in chunks of at most 64 KiB", async () => {
  assertEquals(await send(contentOf(["hel", "lo"]), { kind: "length", length: 5 }), {
    written: "hello",
    sent: [3, 2],
    done: true,
    failure: undefined,
    closed: false,
  });
  const chunked = await send(contentOf(["hel", "lo"]), CHUNKED);
  assertEquals([chunked.written, chunked.sent], ["3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", [3, 2]]);
  const large = "x".repeat(65_536);
  const split = await send(contentOf([`${large}0123456789`]), CHUNKED);
  assertEquals(split.written, `10000\r\n${large}\r\na\r\n0123456789\r\n0\r\n\r\n`);
  assertEquals(split.sent, [65_536, 10]);
});

Deno.test("content of another length than announced, or that breaks off, closes the connection", async () => {
  const cases: [pieces: string[], length: number, message: string][] = [
    [["hell"], 5, "The client's request body is shorter than its Content-Length"],
    [["hello!"], 5, "The client's request body is longer than its Content-Length"],
    [["hello", "!"], 5, "The client's request body is longer than its Content-Length"],
    [["!"], 0, "The client's request body is longer than its Content-Length"],
  ];
  for (const [pieces, length, message] of cases) {
    const { failure, done, closed } = await send(contentOf(pieces), { kind: "length", length });
    assertInstanceOf(failure, WrongContentLength, pieces.join());
    assertEquals([failure?.message, done, closed], [message, false, true]);
  }
  for (const framing of [CHUNKED, { kind: "length", length: 5 } as const]) {
    const { failure, done, closed } = await send(contentOf(["he"], "fail"), framing);
    assertEquals(failure?.name, "RequestBodyAborted");
    assertEquals([failure?.message, done, closed], ["The client aborted its request body", false, true]);
  }
});

Deno.test("an upstream that stops reading may have responded, so its connection stays open, and the rest is dropped", async () => {
  const socket = new FakeSocket([]);
  socket.write = () => Promise.reject(new Deno.errors.BrokenPipe("broken pipe"));
  let pulled = 0;
  const content = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (++pulled > 10) controller.close();
      else controller.enqueue(new Uint8Array(10));
    },
  }, { highWaterMark: 0 });
  const body = bodyOf(content);
  await body.send(new Connection(socket), CHUNKED, () => {});
  assertEquals([body.done, body.failure, socket.closed, pulled], [false, undefined, false, 1]);
  await body.settled();
  assertEquals(pulled, 11);
});

Deno.test("of a body that is stopped, however often, 64 MiB are dropped, and then the exchange ends", async () => {
  const socket = new FakeSocket([]);
  let [pulled, sent] = [0, 0];
  let cancelled = false;
  const content = new ReadableStream<Uint8Array>({
    pull(controller) {
      // One byte too many, in the end.
      controller.enqueue(new Uint8Array(pulled++ < sent + 64 ? 1024 * 1024 : 1));
    },
    cancel: () => void (cancelled = true),
  }, { highWaterMark: 0 });
  const body = bodyOf(content);
  socket.write = () => Promise.reject(new Deno.errors.BrokenPipe("broken pipe"));
  await body.send(new Connection(socket), CHUNKED, () => {});
  sent = pulled;
  body.stop();
  body.stop();
  await assertRejects(
    () => body.settled(),
    RequestBodyAborted,
    "The client sent more than the upstream takes",
  );
  assertEquals([pulled - sent, cancelled, socket.closed], [65, true, true]);
});

Deno.test("an upload in single bytes lets others go first", async () => {
  let left = 20_000;
  const content = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (left-- > 0) controller.enqueue(new Uint8Array(1));
      else controller.close();
    },
  }, { highWaterMark: 0 });
  let others = 0;
  const timer = setInterval(() => others++);
  const { sent, done } = await send(content, CHUNKED);
  clearInterval(timer);
  assertEquals([sent.length, done, others > 0], [20_000, true, true]);
});

Deno.test("an upload that goes on is settled only at its end, though its pieces come slowly", async () => {
  let left = 4;
  const content = new ReadableStream<Uint8Array>({
    async pull(controller) {
      // Longer than a quiet reader is waited for, and shorter than a client that has paused.
      await new Promise((resolve) => setTimeout(resolve, 160));
      if (left-- > 0) controller.enqueue(new Uint8Array(1));
      else controller.close();
    },
  }, { highWaterMark: 0 });
  const body = bodyOf(content);
  const sent = body.send(new Connection(new FakeSocket([])), CHUNKED, () => {});
  await body.settled();
  assertEquals([body.done, left], [true, -1]);
  await sent;
});

Deno.test("a body that is abandoned ends without an end: the upstream gets no last chunk, and it is not the client's failure", async () => {
  for (const framing of [CHUNKED, { kind: "length", length: 5 } as const]) {
    let cancelled = false;
    const content = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(latin1("he")),
      cancel: () => void (cancelled = true),
    });
    const socket = new FakeSocket([]);
    const body = bodyOf(content, framing);
    const first = Promise.withResolvers<void>();
    const sent = body.send(new Connection(socket), framing, () => first.resolve());
    await first.promise;
    body.abandon();
    await sent;
    const written = framing === CHUNKED ? "2\r\nhe\r\n" : "he";
    assertEquals(fromLatin1(join(socket.written)), written);
    assertEquals([body.done, body.failure, cancelled], [false, undefined, true]);
  }
});

Deno.test("the memory of a piece is freed once it has been sent or dropped", async () => {
  for (const isSent of [true, false]) {
    for (const framing of [CHUNKED, { kind: "length", length: 200_000 } as const]) {
      const pieces = [new Uint8Array(100_000), new Uint8Array(100_000)];
      const socket = new FakeSocket([]);
      if (!isSent) socket.write = () => Promise.reject(new Deno.errors.BrokenPipe("broken pipe"));
      const body = bodyOf(ReadableStream.from(pieces), framing);
      await body.send(new Connection(socket), framing, () => {});
      await body.settled();
      assertEquals(body.done, isSent);
      // The piece that could not be sent is left to the collector.
      assertEquals(pieces.map(({ length }) => length), [isSent ? 0 : 100_000, 0]);
    }
  }
});

Deno.test("a response may be streamed as soon as the upload has ended, not at the next look", async () => {
  const end = Promise.withResolvers<void>();
  const content = new ReadableStream<Uint8Array>({
    pull: (controller) => end.promise.then(() => controller.close()),
  });
  const body = bodyOf(content);
  const sent = body.send(new Connection(new FakeSocket([])), CHUNKED, () => {});
  const original = globalThis.setTimeout;
  // The next look never comes.
  Object.assign(globalThis, { setTimeout: () => 0 });
  let settled: Promise<void>;
  try {
    settled = body.settled();
  } finally {
    Object.assign(globalThis, { setTimeout: original });
  }
  end.resolve();
  await within(settled, "The end of the upload");
  assertEquals(body.done, true);
  await sent;
});

/** Content of which the first bytes have come, as the runtime provides it. */
function begunContent() {
  let controller: ReadableByteStreamController;
  let isCancelled = false;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    type: "bytes",
    start(given) {
      controller = given as ReadableByteStreamController;
      controller.enqueue(latin1("he"));
    },
    cancel: () => void (isCancelled = true),
  });
  return {
    stream,
    get isCancelled() {
      return isCancelled;
    },
    add(text: string) {
      controller.enqueue(latin1(text));
    },
    end() {
      controller.close();
      controller.byobRequest?.respond(0);
    },
  };
}

/** Begins to send content, and resolves once its first bytes were sent and more is awaited. @returns The rest of the sending. */
async function begun(
  body: RequestBody,
  socket = new FakeSocket([]),
): Promise<{ readonly sent: Promise<void> }> {
  const first = Promise.withResolvers<void>();
  const sent = body.send(new Connection(socket), CHUNKED, () => first.resolve());
  await first.promise;
  // The read for more may not have begun together with the first one.
  await new Promise((resolve) => setTimeout(resolve));
  return { sent };
}

Deno.test("an upload that is still awaited at the end of its streamed response is given up, and what is lost is counted", async () => {
  const losses: (string | undefined)[] = [];
  const unfinished = new UnfinishedUploads();
  unfinished.end = (loss) => void losses.push(loss);
  const cases = [["complete", "read"], ["broken", "read"], ["cut", "connection"], [
    "left",
    "connection",
  ]] as const;
  for (const [end, loss] of cases) {
    const content = begunContent();
    const body = bodyOf(content.stream, CHUNKED, unfinished);
    const { sent } = await begun(body);
    // Nothing was streamed yet.
    assertEquals([await body.endStream(end), losses.splice(0), content.isCancelled], [false, [], false]);
    body.beginStream();
    body.stop();
    // The end may be seen in two ways at once.
    const ends = await Promise.all([body.endStream(end), body.endStream("broken")]);
    assertEquals([ends, losses.splice(0), content.isCancelled], [[true, true], [loss], true]);
    await sent;
  }
});

Deno.test("an upload that was read to its end, or whose client has aborted, is not lost", async () => {
  const unfinished = new UnfinishedUploads();
  let [begun, losses]: [number, string[]] = [0, []];
  unfinished.begin = () => void begun++;
  unfinished.end = (loss) => void losses.push(loss);
  const content = begunContent();
  const body = bodyOf(content.stream, CHUNKED, unfinished);
  const sent = body.send(new Connection(new FakeSocket([])), CHUNKED, () => {});
  body.beginStream();
  content.end();
  await sent;
  assertEquals([await body.endStream("left"), begun, losses], [false, 1, ["nothing"]]);
  for (const end of ["close", "fail"] as const) {
    const ended = bodyOf(contentOf(["hello"], end), CHUNKED, unfinished);
    await ended.send(new Connection(new FakeSocket([])), CHUNKED, () => {});
    ended.beginStream();
    assertEquals([await ended.endStream("complete"), begun], [false, 1]);
  }
});

Deno.test("an upload that goes on at the end of its streamed response is given up after a whole read, so that nothing is lost", async () => {
  let loss: string | undefined;
  const unfinished = new UnfinishedUploads();
  unfinished.end = (given) => void (loss = given);
  const content = begunContent();
  const body = bodyOf(content.stream, CHUNKED, unfinished);
  const socket = new FakeSocket([]);
  const { sent } = await begun(body, socket);
  body.beginStream();
  const ended = body.endStream("broken");
  await new Promise((resolve) => setTimeout(resolve, 10));
  assertEquals(content.isCancelled, false);
  content.add("llo");
  assertEquals([await ended, loss, content.isCancelled], [false, "nothing", true]);
  await sent;
  // The upload has no end, so the connection is closed after the response.
  assert(!fromLatin1(join(socket.written)).includes("0\r\n\r\n"));
  assertEquals([body.done, body.failure, socket.closed], [false, undefined, false]);
});

Deno.test("an upload whose response is not streamed after all is not counted, unless the stream has ended", async () => {
  const unfinished = new UnfinishedUploads();
  const losses: string[] = [];
  unfinished.end = (loss) => void losses.push(loss);
  const content = begunContent();
  const body = bodyOf(content.stream, CHUNKED, unfinished);
  const { sent } = await begun(body);
  body.cancelStream();
  assertEquals(losses, []);
  body.beginStream();
  body.cancelStream();
  body.cancelStream();
  assertEquals([losses.splice(0), await body.endStream("left"), content.isCancelled], [
    ["nothing"],
    false,
    false,
  ]);
  body.beginStream();
  const ended = body.endStream("cut");
  body.cancelStream();
  assertEquals([await ended, losses], [true, ["connection"]]);
  await sent;
});
