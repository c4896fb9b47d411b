import { assertEquals } from "@std/assert";
import { formatBytes, formatDuration, formatUptime } from "../../lib/admin/format.ts";

Deno.test("formatBytes(), formatDuration() and formatUptime() write short numbers with units", () => {
  const sizes: [number, string][] = [
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1 kB"],
    [1234, "1.23 kB"],
    [999_400, "999 kB"],
    [999_600, "1 MB"],
    [45_600_000, "45.6 MB"],
    [7e15, "7000 TB"],
  ];
  for (const [bytes, text] of sizes) assertEquals(formatBytes(bytes), text);
  const delays: [number, string][] = [
    [0.000_04, "0.04 ms"],
    [0.0123, "12.3 ms"],
    [0.9996, "1 s"],
    [1.234, "1.23 s"],
    [75, "75 s"],
    [90, "1 min"],
  ];
  for (const [seconds, text] of delays) assertEquals(formatDuration(seconds), text);
  const spans: [number, string][] = [[59.9, "59 s"], [60, "1 min"], [3600, "1 h 0 min"], [90_000, "1 d 1 h"]];
  for (const [seconds, text] of spans) assertEquals(formatUptime(seconds), text);
});
