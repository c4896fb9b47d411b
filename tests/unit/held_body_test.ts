import { assertEquals, assertRejects } from "@std/assert";
import { join } from "../support/bytes.ts";
import { holdBody, type HoldOptions, sendable } from "../../lib/credentials/aws/held_body.ts";
import type { RequestFraming } from "../../lib/http/framing.ts";
import { Refusal } from "../../lib/http/refusal.ts";
import { BufferBudget } from "../../lib/upstream/buffer_budget.ts";
import { type Deadline, Deadlines } from "../../lib/upstream/deadlines.ts";
import { ClientDisconnected } from "../../lib/upstream/errors.ts";

const CHUNKED: RequestFraming = { kind: "chunked" };

/** Returns a body that arrives in these pieces, and then ends, fails or goes on for ever. */
function bodyOf(
  pieces: readonly Uint8Array[],
  end: "close" | "fail" | "hang" = "close",
): ReadableStream<Uint8Array> {
  const rest = [...pieces];
  return new ReadableStream({
    pull(controller) {
      const piece = rest.shift();
      if (piece !== undefined) return controller.enqueue(piece.slice());
      if (end === "close") return controller.close();
      if (end === "fail") throw new Error("the connection was reset");
      return new Promise(() => {});
    },
  }, { highWaterMark: 0 });
}

function optionsOf(
  more: Partial<HoldOptions & { memory: BufferBudget }> = {},
): HoldOptions & { readonly hashed: Uint8Array[]; readonly memory: BufferBudget } {
  const hashed: Uint8Array[] = [];
  return {
    limit: 1_000_000,
    memory: new BufferBudget(1_000_000),
    deadlines: new Deadlines(),
    timeoutMs: 10_000,
    isClientGone: () => false,
    hash: { update: (bytes) => void hashed.push(bytes.slice()) },
    hashed,
    ...more,
  };
}

async function readAll(stream: ReadableStream<Uint8Array> | null): Promise<Uint8Array> {
  return stream === null ? new Uint8Array() : await new Response(stream as BodyInit).bytes();
}

Deno.test("holdBody() holds, hashes and sends what came, however it was cut, and frees its memory", async () => {
  const bytes = Uint8Array.from({ length: 150_000 }, (_, at) => at % 251);
  const cuts: [name: string, pieces: Uint8Array[]][] = [
    ["one piece", [bytes]],
    ["single bytes", Array.from(bytes.subarray(0, 3000), (byte) => Uint8Array.of(byte))],
    ["pieces of a block", [bytes.subarray(0, 65_536), bytes.subarray(65_536, 131_072)]],
    ["odd pieces", [bytes.subarray(0, 1), bytes.subarray(1, 70_000), bytes.subarray(70_000)]],
    ["one byte more than a block", [bytes.subarray(0, 30_000), bytes.subarray(30_000, 65_537)]],
    ["one byte", [bytes.subarray(1, 2)]],
    ["nothing", []],
  ];
  for (const [name, pieces] of cuts) {
    const whole = join(pieces);
    for (const framing of [CHUNKED, { kind: "length", length: whole.length } as const]) {
      const options = optionsOf();
      const held = await holdBody(bodyOf(pieces), framing, options);
      assertEquals([held.length, options.memory.used], [whole.length, whole.length], name);
      assertEquals(join(options.hashed), whole);
      assertEquals(await readAll(sendable(held, options.memory)), whole);
      assertEquals(options.memory.used, 0);
    }
  }
});

Deno.test("holdBody() copies no body that arrives in one piece as long as was announced", async () => {
  const length = 150_000;
  const piece = new Uint8Array(length);
  const whole = new ReadableStream({
    start(controller) {
      controller.enqueue(piece);
      controller.close();
    },
  });
  const { blocks } = await holdBody(whole, { kind: "length", length }, optionsOf());
  assertEquals(blocks.map(({ buffer }) => buffer === piece.buffer), [true]);
});

Deno.test("holdBody() refuses a body that is too large, of another length, or beyond the memory of all, and frees its own", async () => {
  const two = [new Uint8Array(40_000), new Uint8Array(40_000)];
  const length = "its content does not have the length that it announces";
  const cases: [framing: RequestFraming, more: { limit?: number; memory?: BufferBudget }, code: string][] = [
    [CHUNKED, { limit: 79_999 }, "too_large_to_sign"],
    [{ kind: "length", length: 80_000 }, { limit: 79_999 }, "too_large_to_sign"],
    [{ kind: "length", length: 80_001 }, {}, "bad_request"],
    [{ kind: "length", length: 79_999 }, {}, "bad_request"],
    [CHUNKED, { memory: new BufferBudget(70_000) }, "overloaded"],
    [{ kind: "length", length: 80_000 }, { memory: new BufferBudget(70_000) }, "overloaded"],
  ];
  for (const [framing, more, code] of cases) {
    const options = optionsOf(more);
    const error = await assertRejects(() => holdBody(bodyOf(two), framing, options), Refusal);
    assertEquals([error.code, options.memory.used], [code, 0]);
    if (code === "bad_request") assertEquals(error.subject, length);
  }
});

Deno.test("holdBody() says in MiB how large a body may be", async () => {
  const options = optionsOf({ limit: 3 * 1024 * 1024 });
  const framing = { kind: "length", length: options.limit + 1 } as const;
  const error = await assertRejects(() => holdBody(bodyOf([]), framing, options), Refusal);
  assertEquals(error.subject, "3 MiB");
});

Deno.test("holdBody() gives up a body that stops arriving, and one whose client disconnects", async () => {
  const some = [new Uint8Array(70_000)];
  const stalled = optionsOf({ timeoutMs: 1 });
  const error = await assertRejects(() => holdBody(bodyOf(some, "hang"), CHUNKED, stalled), Refusal);
  assertEquals([error.code, error.subject, stalled.memory.used], [
    "bad_request",
    "its content stopped arriving",
    0,
  ]);
  const left = optionsOf({ isClientGone: () => true });
  await assertRejects(
    () => holdBody(bodyOf(some, "hang"), CHUNKED, left),
    ClientDisconnected,
    "The client disconnected",
  );
  const broken = optionsOf();
  await assertRejects(() => holdBody(bodyOf(some, "fail"), CHUNKED, broken), ClientDisconnected);
  assertEquals([left.memory.used, broken.memory.used], [0, 0]);
});

Deno.test("holdBody() waits for a body as long as some of it arrives in time", async () => {
  const deadlines = new class extends Deadlines {
    added: Deadline | undefined;
    override add(deadline: Deadline): void {
      this.added = deadline;
    }
  }();
  let left = 5;
  const slow = new ReadableStream<Uint8Array>({
    pull(controller) {
      // One check passes before each piece; the second in a row would be the last.
      deadlines.added?.tick();
      if (left-- === 0) controller.close();
      else controller.enqueue(new Uint8Array(1));
    },
  }, { highWaterMark: 0 });
  const { length } = await holdBody(slow, CHUNKED, { ...optionsOf(), timeoutMs: 1, deadlines });
  assertEquals(length, 5);
});

Deno.test("a held body of no bytes is sent as none", async () => {
  const options = optionsOf();
  assertEquals(sendable(await holdBody(bodyOf([]), CHUNKED, options), options.memory), null);
});

Deno.test("a held body that is not sent frees its memory when it is cancelled", async () => {
  const options = optionsOf();
  const held = await holdBody(bodyOf([new Uint8Array(200_000)]), CHUNKED, options);
  const stream = sendable(held, options.memory);
  // Nothing is taken before it can be sent.
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(options.memory.used, 200_000);
  await stream?.cancel();
  assertEquals(options.memory.used, 0);
});

Deno.test("holdBody() takes no more memory for a body than it was announced to have, at any time", async () => {
  for (const length of [50, 64 * 1024, 100_000]) {
    const memory = new BufferBudget(length);
    const options = optionsOf({ memory });
    const pieces = [new Uint8Array(10), new Uint8Array(length - 10)];
    await holdBody(bodyOf(pieces), { kind: "length", length }, options);
    assertEquals(memory.used, length);
  }
  // Nor all of it before it came.
  const memory = new BufferBudget(200_000);
  const held = holdBody(bodyOf([new Uint8Array(10)], "hang"), { kind: "length", length: 150_000 }, {
    ...optionsOf({ memory }),
    timeoutMs: 100,
  });
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(memory.used, 64 * 1024);
  await assertRejects(() => held);
});
