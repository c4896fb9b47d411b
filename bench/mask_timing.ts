/**
 * Measures in turns, in one run, whether the mask's search takes longer for content that resembles a secret, what it costs
 * with many secrets, and what a rotation among them costs.
 *
 *     deno task bench:mask
 *
 * @module
 */
import { Secret } from "../lib/core/secret.ts";
import type { Mask } from "../lib/mask/mask.ts";
import { MASK, TableMask } from "../lib/mask/table_mask.ts";

await MASK.load();

const SIZE = 256 * 1024;
const ROUNDS = 400;
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const TOKEN = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";

function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  // As much as the runtime gives at once.
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

function letters(length: number): string {
  return Array.from(randomBytes(length), (byte) => LETTERS[byte % 62]).join("");
}

function repeated(text: string): Uint8Array<ArrayBuffer> {
  // All contents are in memory of the same kind.
  const bytes = new Uint8Array(SIZE);
  new TextEncoder().encodeInto(text.repeat(Math.ceil(SIZE / text.length)).slice(0, SIZE), bytes);
  return bytes;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

/** Returns the time that each content takes, in nanoseconds per KiB: medians of many short turns. */
function timesOf(
  mask: Mask,
  contents: Readonly<Record<string, Uint8Array<ArrayBuffer>>>,
): Map<string, number> {
  const times = new Map(Object.keys(contents).map((name): [string, number[]] => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, bytes] of Object.entries(contents)) {
      // Once to have it in the CPU's caches, whatever came before.
      mask.find(bytes);
      const begin = performance.now();
      mask.find(bytes);
      if (round >= 20) times.get(name)!.push(performance.now() - begin);
    }
  }
  return new Map([...times].map(([name, each]) => [name, median(each) * 1e6 / (SIZE / 1024)]));
}

const contents = {
  "random bytes": randomBytes(SIZE),
  "random letters and digits": repeated(letters(SIZE)),
  "zeros": new Uint8Array(SIZE),
  "a pair of the token, repeated": repeated(TOKEN.slice(10, 12)),
  "eight bytes of the token, repeated": repeated(TOKEN.slice(-8)),
  "all but the last byte of the token, repeated": repeated(TOKEN.slice(0, -1)),
  "the last 27 bytes of the token, repeated": repeated(TOKEN.slice(-27)),
  "the token, repeated": repeated(TOKEN),
};

function heap(): number {
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

for (const count of [1, 1000]) {
  const secrets = [TOKEN, ...Array.from({ length: count - 1 }, () => `ghp_${letters(36)}`)];
  const listed = () => secrets.map((text) => ({ text: Secret.of(text) }));
  const before = heap();
  let version = 0;
  const begin = performance.now();
  const table = new TableMask({ list: listed, version: () => version });
  table.update();
  const built = performance.now() - begin;
  const grown = heap() - before;
  const times = timesOf(table.current!, contents);
  const usual = times.get("random letters and digits")!;
  for (const [name, time] of times) {
    console.log(
      `${name.padEnd(46)} ${time.toFixed(0).padStart(6)} ns per KiB  ${
        (time / usual).toFixed(2).padStart(6)
      }`,
    );
  }
  const rotations = Array.from({ length: 20 }, () => {
    secrets.push(`ghp_${letters(36)}`);
    version++;
    const begin = performance.now();
    table.current;
    return performance.now() - begin;
  });
  console.log(
    `\n${count} secret(s): built in ${built.toFixed(1)} ms, ${(grown / 1e6).toFixed(1)} MB; a rotation`,
  );
  console.log(
    `takes ${median(rotations).toFixed(2)} ms, the longest of 20 ${Math.max(...rotations).toFixed(2)} ms`,
  );
}
