import { assertEquals } from "@std/assert";
import { seccompFilter } from "../../lib/sandbox/seccomp_filter.ts";

const ALLOW = 0x7fff0000;
const ERROR = 0x00050000;

/** A system call, as the kernel describes it to a filter. */
interface Call {
  readonly arch: number;
  readonly number: number;
  readonly args?: readonly bigint[];
}

/** Runs a filter as the kernel does (Documentation/networking/filter.rst), and returns what it returns. */
function evaluate(filter: Uint8Array<ArrayBuffer>, { arch, number, args = [] }: Call): number {
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, number, true);
  data.setUint32(4, arch, true);
  for (const [index, value] of args.entries()) data.setBigUint64(16 + 8 * index, value, true);
  const program = new DataView(filter.buffer);
  let word = 0;
  for (let at = 0; at < filter.length; at += 8) {
    const operand = program.getUint32(at + 4, true);
    const jump = (taken: boolean) => at += 8 * program.getUint8(at + (taken ? 2 : 3));
    switch (program.getUint16(at, true)) {
      case 0x20:
        word = data.getUint32(operand, true);
        break;
      case 0x15:
        jump(word === operand);
        break;
      case 0x35:
        jump(word >= operand);
        break;
      case 0x06:
        return operand;
      default:
        throw new Error(`Unknown instruction at ${at}`);
    }
  }
  throw new Error("The filter has no end");
}

const PROCESSORS = [
  { name: "x86_64", arch: 0xc000003e, ioctl: 16, socket: 41, kill: 62, keyctl: 250, read: 0 },
  { name: "aarch64", arch: 0xc00000b7, ioctl: 29, socket: 198, kill: 129, keyctl: 219, read: 63 },
];

for (const { name, arch, ioctl, socket, kill, keyctl, read } of PROCESSORS) {
  Deno.test(`seccompFilter() refuses on ${name} what namespaces leave open, and nothing else`, () => {
    const filter = seccompFilter(name);
    if (filter === undefined) throw new Error("There is no filter");
    const cases: [number: number, args: readonly bigint[], expected: number][] = [
      [read, [], ALLOW],
      [ioctl, [0n, 0x5413n], ALLOW],
      [ioctl, [0n, 0x5412n], ERROR | 1],
      [ioctl, [0n, 0x541cn], ERROR | 1],
      // The kernel uses the low half of this argument only.
      [ioctl, [0n, 0x1_0000_5412n], ERROR | 1],
      [ioctl, [0x5412n, 0n], ALLOW],
      // The process group may contain what started the sandbox. A negative number names one inside of it.
      ...[1n, 2n, 9n, 15n, 19n].map((signal) =>
        [kill, [0n, signal], ERROR | 1] as [number, bigint[], number]
      ),
      ...[0n, 18n, 20n].map((signal) => [kill, [0n, signal], ALLOW] as [number, bigint[], number]),
      [kill, [0x1_0000_0000n, 9n], ERROR | 1],
      [kill, [7n, 9n], ALLOW],
      [kill, [-7n, 9n], ALLOW],
      [keyctl, [], ERROR | 38],
      [425, [], ERROR | 38],
      [427, [], ERROR | 38],
      ...[1n, 2n, 10n, 16n].map((family) => [socket, [family], ALLOW] as [number, bigint[], number]),
      ...[17n, 38n, 40n].map((family) => [socket, [family], ERROR | 97] as [number, bigint[], number]),
    ];
    for (const [number, args, expected] of cases) {
      assertEquals(evaluate(filter, { arch, number, args }), expected, `${number} ${args}`);
    }
    assertEquals(evaluate(filter, { arch: 0x40000003, number: read }), ERROR | 38, "32-bit");
    if (name === "x86_64") {
      assertEquals(
        evaluate(filter, { arch, number: 0x40000000 + 514, args: [0n, 0x5412n] }),
        ERROR | 38,
        "x32",
      );
    }
  });
}

Deno.test("seccompFilter() knows no other processor", () => {
  assertEquals(seccompFilter("riscv64"), undefined);
});
