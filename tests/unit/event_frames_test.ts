import { assertEquals } from "@std/assert";
import { crc32 } from "node:zlib";
import { Secret } from "../../lib/core/secret.ts";
import { EventFrames } from "../../lib/mask/event_frames.ts";
import { Mask } from "../../lib/mask/mask.ts";
import { StreamMask } from "../../lib/mask/stream_mask.ts";
import { StreamSearch } from "../../lib/mask/stream_search.ts";
import { fromLatin1, join, latin1 } from "../support/bytes.ts";

const TOKEN = "AKIAIOSFODNN7EXAMPLE/wJalrXUtnFEMI/K7MDENG";
const MASK = Mask.of([{ text: Secret.of(TOKEN) }]);

/** A frame without headers, made with another implementation of the checksum. */
function frame(payload: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(16 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length);
  view.setUint32(8, crc32(bytes.subarray(0, 8)));
  bytes.set(latin1(payload), 12);
  view.setUint32(bytes.length - 4, crc32(bytes.subarray(0, -4)));
  return bytes;
}

const FRAMES = Array.from({ length: 40 }, (_, index) => frame(`{"bytes":"${btoa(`event ${index}`)}"}`));

Deno.test("EventFrames finds where frames end, cut anywhere", () => {
  const stream = join(FRAMES.slice(0, 3));
  const ends = [0, 1, 2].map((index) => join(FRAMES.slice(0, index + 1)).length);
  for (let first = 0; first <= stream.length; first++) {
    for (let second = first; second <= stream.length; second += 7) {
      const frames = new EventFrames();
      let at = 0;
      for (
        const piece of [stream.subarray(0, first), stream.subarray(first, second), stream.subarray(second)]
      ) {
        const last = ends.filter((end) => end > at && end <= at + piece.length).at(-1);
        assertEquals(frames.push(piece), last === undefined ? 0 : last - at);
        at += piece.length;
      }
    }
  }
});

Deno.test("EventFrames finds no end in a piece in which a frame is wrong, nor after it", () => {
  const broken = frame("some words");
  broken.set(latin1("wxyz"), broken.length - 4);
  const frames = new EventFrames();
  assertEquals(frames.push(join([FRAMES[0]!, broken, FRAMES[1]!])), 0);
  assertEquals(frames.push(FRAMES[2]!), 0);
});

/** Returns bytes with the checksums of a frame, which may say that it has another length. */
function framed(
  size: number,
  { says = size, preludeChecksum }: { says?: number; preludeChecksum?: number } = {},
) {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, says);
  view.setUint32(8, preludeChecksum ?? crc32(bytes.subarray(0, 8)));
  view.setUint32(size - 4, crc32(bytes.subarray(0, -4)));
  return bytes;
}

Deno.test("EventFrames finds no end where the lengths have another checksum, even if that of the frame is right", () => {
  assertEquals(new EventFrames().push(framed(40)), 40);
  assertEquals(new EventFrames().push(framed(40, { preludeChecksum: 1 })), 0);
});

Deno.test("EventFrames finds the end of frames from 16 bytes to 16 MiB", () => {
  const limit = 16 * 1024 * 1024;
  for (const size of [16, limit]) assertEquals(new EventFrames().push(framed(size)), size);
  assertEquals(new EventFrames().push(framed(limit + 1)), 0);
  for (const says of [0, 11, 12, 13, 15]) assertEquals(new EventFrames().push(framed(16, { says })), 0);
  // A frame that is too short to have a checksum ends nowhere, whatever follows.
  const frames = new EventFrames();
  assertEquals([frames.push(framed(15, { says: 15 })), frames.push(framed(16))], [0, 0]);
});

Deno.test("StreamMask passes on each frame of events at once, whatever its last bytes are", () => {
  const stream = new StreamMask({ current: MASK }, new EventFrames());
  for (const each of FRAMES) assertEquals(fromLatin1(stream.push(each.slice())), fromLatin1(each));
  const secret = frame(`{"token":"${TOKEN}"}`);
  assertEquals(
    fromLatin1(stream.push(secret.slice())),
    fromLatin1(secret).replace(TOKEN, "*".repeat(TOKEN.length)),
  );
});

Deno.test("StreamMask masks a secret of which a frame's checksum is a part, and StreamSearch finds it", () => {
  // An upstream that knows the secret can have a frame end within it.
  let first = frame("");
  for (let count = 0; !/[A-Za-z0-9]{4}$/.test(fromLatin1(first)); count++) {
    first = frame(`${count} ghp_abcdef`);
  }
  const begin = fromLatin1(first).slice(-14);
  const secret = `${begin}GHIJKLMNOPQRSTUV`;
  const current = Mask.of([{ text: Secret.of(secret) }]);
  const rest = secret.slice(begin.length);
  for (const pieces of [[rest], [...rest], [rest + " and more".repeat(8000)]]) {
    const stream = new StreamMask({ current }, new EventFrames());
    const search = new StreamSearch({ current }, { frames: new EventFrames() });
    assertEquals(fromLatin1(stream.push(first.slice())), fromLatin1(first));
    assertEquals([search.push(first.slice()), search.clear], [0, first.length]);
    let text = "";
    let found = 0;
    for (const piece of pieces) {
      text += fromLatin1(stream.push(latin1(piece)));
      if (found === 0) found = search.push(latin1(piece));
    }
    text += fromLatin1(stream.flush());
    assertEquals([text, found], [pieces.join("").replace(rest, "*".repeat(rest.length)), 1]);
  }
});

Deno.test("StreamMask holds back the last word where a frame's checksum is wrong", () => {
  for (const at of [3, 9, 14, -1]) {
    const stream = new StreamMask({ current: MASK }, new EventFrames());
    const broken = frame(`{"text":"some words and more"} ${"x".repeat(20)}`);
    broken.set(latin1("wxyz"), broken.length - 4);
    if (at >= 0) broken[at] = 0x41;
    const length = fromLatin1(stream.push(broken.slice())).length;
    assertEquals(length, broken.length - 24, `byte ${at}`);
  }
});

Deno.test("what follows a frame that ends within a secret stays masked, even if the secret is gone by then", () => {
  // The frame's checksum is a part of the secret, as only those who know the secret can arrange it.
  const ending = Array.from({ length: 100_000 }, (_, index) => frame(`{"n":${index}} AKIA`))
    .find((each) => /^[A-Za-z0-9]{4}$/.test(fromLatin1(each.subarray(-4))))!;
  const [checksum, rest] = [fromLatin1(ending.subarray(-4)), "7MDENG"];
  let current = Mask.of([{ text: Secret.of(`AKIA${checksum}${rest}`) }]);
  const stream = new StreamMask({
    get current() {
      return current;
    },
  }, new EventFrames());
  const passed = fromLatin1(stream.push(join([ending, latin1(rest)])));
  assertEquals(passed, `${fromLatin1(ending.subarray(0, -8))}${"*".repeat(8)}`);
  current = undefined;
  assertEquals(fromLatin1(stream.push(latin1(" end"))), `${"*".repeat(rest.length)} end`);
});

Deno.test("StreamSearch takes nothing as clear of a word that may go on, and what is before it", () => {
  const search = new StreamSearch({ current: MASK });
  const clear = ["ghp", "_16C", " and", " end "].map((piece) => {
    assertEquals(search.push(latin1(piece)), 0);
    return search.clear;
  });
  assertEquals(clear, [0, 0, "ghp_16C ".length, "ghp_16C and end ".length]);
});

Deno.test("StreamSearch takes everything as clear while there is nothing to look for", () => {
  const search = new StreamSearch({ current: undefined });
  assertEquals([search.push(latin1(TOKEN)), search.clear, search.length], [0, TOKEN.length, TOKEN.length]);
});
