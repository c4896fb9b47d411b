/**
 * Downloads that real tools continue, or make in parts, of an object that is stored compressed: the file must be the object,
 * byte for byte, as it is without the proxy.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import { useFixture } from "../support/fixture.ts";
import { sendRange } from "../support/send_range.ts";
import { starts } from "../support/starts.ts";

const fixture = useFixture();

const TOOLS: Readonly<Record<string, readonly string[]>> = {
  curl: ["--silent", "--show-error", "--continue-at", "-", "--output", "object"],
  wget: ["--quiet", "--continue", "--no-config"],
  aria2c: ["--quiet", "--no-conf", "-x4", "-s4", "-k1M", "--all-proxy=", "--out", "parts"],
};

for (const [tool, args] of Object.entries(TOOLS)) {
  Deno.test({
    name: `${tool} gets an object that is stored compressed as it is, in parts`,
    ignore: !await starts(tool, "--version"),
    async fn() {
      const lines = Array.from({ length: 80_000 }, () => crypto.randomUUID() + crypto.randomUUID()).join(
        "\n",
      );
      const stored = new Uint8Array(gzipSync(lines));
      fixture.setScript((exchange) => sendRange(exchange, stored, { "Content-Encoding": "gzip" }));
      const folder = await Deno.makeTempDir({ prefix: "cred-proxy-download-" });
      try {
        const file = join(folder, tool === "aria2c" ? "parts" : "object");
        if (tool !== "aria2c") await Deno.writeFile(file, stored.subarray(0, 1_000_000));
        for (const url of [`${fixture.upstream.url}/object`, `${fixture.service.url}/a/object`]) {
          const { success, stderr } = await new Deno.Command(tool, { args: [...args, url], cwd: folder })
            .output();
          assertEquals([success, new TextDecoder().decode(stderr)], [true, ""], url);
          const got = await Deno.readFile(file);
          assertEquals([got.length, Buffer.compare(got, stored)], [stored.length, 0], url);
          if (tool === "aria2c") await Deno.remove(file);
          else await Deno.truncate(file, 1_000_000);
        }
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}
