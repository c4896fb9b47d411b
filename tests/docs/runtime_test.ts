/**
 * The programs of docs/RUNTIME.md show what the document says of the runtime.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { blocks, document } from "./markdown.ts";

Deno.test("each program of docs/RUNTIME.md prints what the document says", async () => {
  const text = document("docs/RUNTIME.md");
  const wanted = [...text.matchAll(/^It prints `([^`]*)`/gm)].map(([, printed]) => printed);
  const programs = blocks(text, "ts");
  assertEquals([programs.length, wanted.length], [5, 5]);
  const folder = await Deno.makeTempDir();
  try {
    const printed = await Promise.all(programs.map(async (program, index) => {
      const file = join(folder, `${index}.ts`);
      await Deno.writeTextFile(file, program);
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--no-config", "--allow-net", file],
        env: { NO_COLOR: "1" },
      }).output();
      return new TextDecoder().decode(stdout).trimEnd() || new TextDecoder().decode(stderr);
    }));
    assertEquals(printed, wanted);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
