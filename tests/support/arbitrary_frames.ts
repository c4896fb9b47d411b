/**
 * Sequences of WebSocket frames for property tests: messages in one or several frames with control frames between them,
 * and at the end perhaps one of the faults that RFC 6455 names.
 *
 * @module
 */

import { fc } from "./property.ts";
import { type Frame, frameBytes } from "./websocket_frames.ts";

/** The maximum length of a message in these tests, in bytes. */
export const MESSAGE_LIMIT = 70_000;

/** Frames as bytes, and where to cut them into pieces. */
export interface FrameSample {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly cuts: readonly number[];
}

const encoder = new TextEncoder();

/** Lengths around those at which a frame's head changes are as likely as all others. */
const length = fc.oneof(
  { arbitrary: fc.nat(12), weight: 8 },
  { arbitrary: fc.constantFrom(0, 1, 124, 125, 126, 127, 255, 256, 1000), weight: 3 },
  { arbitrary: fc.constantFrom(65_534, 65_535, 65_536, 65_537), weight: 1 },
);

const binary = fc.tuple(length, fc.nat(255)).map(([size, byte]) =>
  Uint8Array.from({ length: size }, (_, index) => byte + index * 7)
);
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }).map((value) => encoder.encode(value)),
  length.map((size) => encoder.encode("é".repeat(size / 2))),
  fc.constantFrom("κόσμε", "\u{10ffff}", "\u{ffff}", "\ud7ff\ue000", "").map((value) =>
    encoder.encode(value)
  ),
);
const controlPayload = fc.uint8Array({ maxLength: 125 }).map((bytes) => new Uint8Array(bytes));
const control: fc.Arbitrary<Frame> = fc.record({ opcode: fc.constantFrom(9, 10), payload: controlPayload });

/** Splits a message at these fractions into frames. */
function fragments(opcode: number, payload: Uint8Array<ArrayBuffer>, at: readonly number[]): Frame[] {
  const edges = [
    0,
    ...at.map((part) => Math.floor(part * payload.length)).toSorted((a, b) => a - b),
    payload.length,
  ];
  return edges.slice(1).map((edge, index) => ({
    opcode: index === 0 ? opcode : 0,
    payload: payload.slice(edges[index], edge),
    fin: index === edges.length - 2,
  }));
}

const splits = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 3 });

const message: fc.Arbitrary<Frame[]> = fc.tuple(
  fc.oneof(
    fc.tuple(fc.constant(1), text),
    fc.tuple(fc.constant(2), binary),
  ),
  splits,
  fc.array(fc.tuple(fc.nat(3), control), { maxLength: 2 }),
).map(([[opcode, payload], at, controls]) => {
  const frames = fragments(opcode, payload, at);
  for (const [index, frame] of controls) frames.splice(Math.min(index, frames.length), 0, frame);
  return frames;
});

const closePayload = fc.tuple(
  fc.oneof(
    fc.constantFrom(1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999),
    fc.integer({ min: 1000, max: 1014 }),
  ),
  fc.string({ unit: "binary", maxLength: 20 }),
).filter(([code]) => ![1004, 1005, 1006].includes(code))
  .map(([code, reason]) => Uint8Array.from([code >> 8, code, ...encoder.encode(reason)]));

/** Invalid endings of a text: RFC 3629, section 4, and characters that are cut off. */
const NOT_UTF8 = [
  "80",
  "c0af",
  "c1bf",
  "e080af",
  "eda080",
  "f08080af",
  "f4908080",
  "f5808080",
  "ff",
  "c3",
  "e282",
  "f09f98",
]
  .map((hex) => Uint8Array.fromHex(hex));

/** The last frames of a connection. What follows them is nothing to be decoded. */
const ending: fc.Arbitrary<Frame[]> = fc.oneof(
  { arbitrary: fc.constant<Frame[]>([]), weight: 6 },
  {
    arbitrary: fc.oneof(closePayload, fc.constant(new Uint8Array(0))).map((
      payload,
    ): Frame[] => [{ opcode: 8, payload }]),
    weight: 6,
  },
  // A reserved bit.
  fc.constantFrom(1, 2, 8, 9).map((opcode): Frame[] => [{ opcode, payload: new Uint8Array(2), rsv1: true }]),
  // A reserved opcode.
  fc.constantFrom(3, 4, 5, 6, 7, 11, 12, 13, 14, 15).map((
    opcode,
  ): Frame[] => [{ opcode, payload: new Uint8Array(0) }]),
  // A control frame that is fragmented, or too long.
  fc.constantFrom(8, 9, 10).map((opcode): Frame[] => [{ opcode, payload: new Uint8Array(0), fin: false }]),
  fc.constantFrom(8, 9, 10).map((opcode): Frame[] => [{ opcode, payload: new Uint8Array(126) }]),
  // A continuation of nothing, or a message within a message.
  fc.boolean().map((fin): Frame[] => [{ opcode: 0, payload: new Uint8Array(1), fin }]),
  fc.constantFrom(1, 2).map((opcode): Frame[] => [
    { opcode, payload: new Uint8Array(1), fin: false },
    { opcode, payload: new Uint8Array(1) },
  ]),
  // A text that is not UTF-8, in one frame or two.
  fc.tuple(fc.constantFrom(...NOT_UTF8), text, splits.map((at) => at.slice(0, 1))).map(([bad, before, at]) =>
    fragments(1, Uint8Array.from([...before, ...bad]), at)
  ),
  // A message that is too long, as its frames announce it.
  fc.constant<Frame[]>([{ opcode: 2, payload: new Uint8Array(MESSAGE_LIMIT + 1) }]),
  fc.constant<Frame[]>([
    { opcode: 2, payload: new Uint8Array(MESSAGE_LIMIT), fin: false },
    { opcode: 0, payload: new Uint8Array(1) },
  ]),
  // An invalid close frame.
  fc.constantFrom([3], [0, 0], [3, 231], [3, 236], [3, 237], [3, 238], [3, 247], [11, 183], [19, 136], [
    255,
    255,
  ]).map(
    (payload): Frame[] => [{ opcode: 8, payload: Uint8Array.from(payload) }],
  ),
  fc.constantFrom(...NOT_UTF8).map((bad): Frame[] => [
    { opcode: 8, payload: Uint8Array.from([3, 232, ...bad]) },
  ]),
);

/** Returns sequences as a peer of this side sends them: a server expects masked frames. */
export function frameSamples(role: "client" | "server"): fc.Arbitrary<FrameSample> {
  const mask = role === "server";
  // A frame that is masked though it must not be, or the other way round.
  const wrongSide = fc.constantFrom(1, 9).map((
    opcode,
  ): Frame[] => [{ opcode, payload: new Uint8Array(3), mask: !mask }]);
  return fc.tuple(
    fc.array(message, { maxLength: 4 }),
    fc.oneof({ arbitrary: ending, weight: 20 }, wrongSide),
    fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 }),
  ).map(([messages, last, cuts]) => {
    const frames = [...messages.flat(), ...last].map((frame) => frameBytes({ mask, ...frame }));
    const bytes = Uint8Array.from(frames.flatMap((frame) => Array.from(frame)));
    return { bytes, cuts: cuts.map((part) => Math.floor(part * bytes.length)).toSorted((a, b) => a - b) };
  });
}

/** Returns the pieces of a sample, and for a short one every byte by itself as well. */
export function piecesOf({ bytes, cuts }: FrameSample): Uint8Array[][] {
  const edges = [0, ...cuts, bytes.length];
  const pieces = edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
  if (bytes.length > 300) return [[bytes], pieces];
  return [[bytes], pieces, Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))];
}
