/**
 * Measures a WebSocket through the service, beside one directly to the same upstream: 100 MiB each way, as text messages of
 * several lengths, over TLS to the upstream or, with `plain`, without.
 *
 *     deno task bench:websocket [plain] [TURNS]
 *
 * Every figure is the median of the turns, three by default.
 *
 * @module
 */

import { canMeasure, processorTime } from "../tests/support/process.ts";
import { writeAll } from "../tests/support/bytes.ts";
import { untilSignal } from "../tests/support/until_signal.ts";
import { startUpstreamProcess } from "../tests/support/upstream_process.ts";
import { handshakeText } from "../tests/support/websocket_client.ts";
import type { BulkAddress } from "./support/bulk_address.ts";
import { burstOf, frameLength, readExactly } from "./support/bulk_frames.ts";
import { HERE, launch, oneRoute } from "./support/launched.ts";
import { PREFIX } from "./support/setting.ts";
import { median, significant } from "./support/turns.ts";

const MIB = 1024 * 1024;

/** How much is sent each way, in bytes. */
const WHOLE = 100 * MIB;

const LENGTHS: readonly (readonly [name: string, bytes: number])[] = [
  ["1 KiB", 1024],
  ["64 KiB", 64 * 1024],
  ["1 MiB", MIB],
];

/** What one transfer took. */
interface Taken {
  /** In milliseconds. */
  readonly ms: number;
  /** The service's processor time, in milliseconds. */
  readonly cpuMs: number;
}

if (!canMeasure()) {
  console.error("Processor time is read from /proc, which this system does not have.");
  Deno.exit(1);
}
const isPlain = Deno.args.includes("plain");
const turns = Math.min(50, Math.max(1, Number(Deno.args.find((each) => /^\d+$/.test(each)) ?? 3)));

Deno.exit(
  await untilSignal(async (resources) => {
    const upstream = await resources.use(
      startUpstreamProcess<BulkAddress>(new URL("./support/bulk_upstream.ts", import.meta.url)),
    );
    const plain = { upstream: `http://127.0.0.1:${upstream.plainPort}` };
    const routes = oneRoute(upstream, isPlain ? plain : {});
    const service = await resources.use(launch({ name: "cred-proxy", root: HERE, upstream, routes }));
    const connect = { hostname: "127.0.0.1", port: upstream.plainPort };
    const toUpstream = () =>
      isPlain
        ? Deno.connect(connect)
        : Deno.connectTls({ hostname: "localhost", port: upstream.port, caCerts: [upstream.ca] });
    const toService = () => Deno.connect({ hostname: "127.0.0.1", port: service.port });

    console.log(
      "| messages of | way             | direct, ms | through it, ms | ratio | its processor, ms a MiB |",
    );
    console.log(
      "| ----------- | --------------- | ---------- | -------------- | ----- | ----------------------- |",
    );
    for (const [name, bytes] of LENGTHS) {
      for (const way of ["down", "up"] as const) {
        const direct: number[] = [];
        const through: number[] = [];
        const cpu: number[] = [];
        // One before the first turn, in which the code is compiled.
        for (let turn = 0; turn <= turns; turn++) {
          const one = await transfer(await toUpstream(), { way, bytes, pid: service.pid });
          const other = await transfer(await toService(), { way, bytes, pid: service.pid });
          if (turn === 0) continue;
          direct.push(one.ms);
          through.push(other.ms);
          cpu.push(other.cpuMs * MIB / WHOLE);
        }
        const cells = [name, way === "down" ? "to the client" : "to the upstream"];
        const ratio = (median(through) / median(direct)).toFixed(1);
        const figures = [
          significant(median(direct)),
          significant(median(through)),
          ratio,
          significant(median(cpu)),
        ];
        const widths = [11, 15, 10, 14, 5, 23];
        console.log(`| ${[...cells, ...figures].map((cell, at) => cell.padEnd(widths[at]!)).join(" | ")} |`);
      }
    }
    return 0;
  }),
);

/** Sends or takes all messages on a new connection, and closes it. */
async function transfer(
  conn: Deno.Conn,
  { way, bytes, pid }: { readonly way: "up" | "down"; readonly bytes: number; readonly pid: number },
): Promise<Taken> {
  using _ = conn;
  const messages = WHOLE / bytes;
  const masked = way === "up";
  const burst = burstOf({ length: bytes, messages, masked });
  const whole = messages * frameLength(bytes, masked);
  const buffer = new Uint8Array(256 * 1024);
  const before = await processorTime(pid);
  const began = performance.now();
  await writeAll(conn, handshakeText(`${PREFIX}${way}/${bytes}/${messages}`));
  const byte = new Uint8Array(1);
  for (let end = 0; end < 4;) {
    if (await conn.read(byte) === null) throw new Error("No agreement");
    end = byte[0] === (end % 2 === 0 ? 13 : 10) ? end + 1 : 0;
  }
  if (way === "down") await readExactly(conn, whole, buffer);
  else {
    for (let sent = 0; sent < whole; sent += burst.length) {
      await writeAll(conn, burst.subarray(0, Math.min(burst.length, whole - sent)));
    }
    await readExactly(conn, frameLength(1, false), buffer);
  }
  return { ms: performance.now() - began, cpuMs: 1000 * (await processorTime(pid) - before) };
}
