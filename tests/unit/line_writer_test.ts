import { assert, assertEquals } from "@std/assert";
import { LineWriter } from "../../lib/core/line_writer.ts";

/** Records what is written; each write waits for the gate, and accepts a limited number of bytes. */
function sinkOf({ most = Infinity, gate = Promise.resolve() }: { most?: number; gate?: Promise<void> } = {}) {
  const writes: string[] = [];
  async function write(bytes: Uint8Array): Promise<number> {
    const part = bytes.slice(0, most);
    writes.push(new TextDecoder().decode(part));
    await gate;
    return part.length;
  }
  return { writes, write };
}

function lossLine(count: number): string {
  return `${count} lost`;
}

Deno.test("LineWriter writes whole lines, and those pushed together in one write", async () => {
  const out = sinkOf();
  const lines = new LineWriter(out, lossLine);
  lines.push("one");
  lines.push("two €");
  await lines.flushed();
  lines.push("three");
  await lines.flushed();
  assertEquals(out.writes, ["one\ntwo €\n", "three\n"]);
});

Deno.test("LineWriter goes on after a partial write", async () => {
  const out = sinkOf({ most: 3 });
  const lines = new LineWriter(out, lossLine);
  lines.push("abcdefg");
  await lines.flushed();
  assertEquals(out.writes, ["abc", "def", "g\n"]);
});

Deno.test("LineWriter does not block: lines pushed during a write go out with the next one", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const out = sinkOf({ gate: promise });
  const lines = new LineWriter(out, lossLine);
  lines.push("one");
  await Promise.resolve();
  await Promise.resolve();
  lines.push("two");
  lines.push("three");
  assertEquals(out.writes, ["one\n"]);
  resolve();
  await lines.flushed();
  assertEquals(out.writes, ["one\n", "two\nthree\n"]);
});

Deno.test("LineWriter keeps about a megabyte for a reader that stalls, and counts what it drops", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const out = sinkOf({ gate: promise });
  const lines = new LineWriter(out, lossLine);
  const line = "x".repeat(1023);
  for (let count = 0; count < 5000; count++) lines.push(line);
  resolve();
  await lines.flushed();
  const [, lost = "0"] = /^(\d+) lost$/m.exec(out.writes.at(-1) ?? "") ?? [];
  assert(Number(lost) > 3000 && Number(lost) < 4000, lost);
  assertEquals(out.writes.join("").length, (5000 - Number(lost)) * 1024 + `${lost} lost\n`.length);
  lines.push("after");
  await lines.flushed();
  assertEquals(out.writes.at(-1), "after\n");
});

Deno.test("LineWriter goes on when the reader has gone", async () => {
  let broken = true;
  const written: string[] = [];
  const lines = new LineWriter({
    write(bytes) {
      if (broken) return Promise.reject(new Deno.errors.BrokenPipe());
      written.push(new TextDecoder().decode(bytes));
      return Promise.resolve(bytes.length);
    },
  }, lossLine);
  lines.push("lost");
  await lines.flushed();
  broken = false;
  lines.push("kept");
  await lines.flushed();
  assertEquals(written, ["kept\n"]);
});
