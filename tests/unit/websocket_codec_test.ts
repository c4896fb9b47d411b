import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { WebSocketViolation } from "../../lib/upstream/errors.ts";
import {
  CLOSE,
  closingPayload,
  isSendableCode,
  parseClosing,
} from "../../lib/upstream/websocket/close_code.ts";
import {
  encodedLimit,
  encodeFrame,
  type OutgoingFrame,
  randomMaskingKeys,
} from "../../lib/upstream/websocket/frame_encoder.ts";
import { FrameDecoder } from "../../lib/upstream/websocket/frame_decoder.ts";
import {
  FRAME_HEAD_LIMIT,
  OPCODE,
  parseFrameHead,
  writeFrameHead,
} from "../../lib/upstream/websocket/frame_head.ts";
import { applyMaskingKey } from "../../lib/upstream/websocket/masking.ts";
import { Utf8Check } from "../../lib/upstream/websocket/utf8_check.ts";
import { join } from "../support/bytes.ts";
import { frameSamples, MESSAGE_LIMIT, piecesOf } from "../support/arbitrary_frames.ts";
import { decodeOwn, decodeWithWs, frameBytes } from "../support/websocket_frames.ts";
import { fc, runs } from "../support/property.ts";

/** How many sequences each property tries; `WEBSOCKET_RUNS=20000` for a long trial. */
const RUNS = Number(Deno.env.get("WEBSOCKET_RUNS") ?? 300);

for (const role of ["client", "server"] as const) {
  const options = { role, messageLimit: MESSAGE_LIMIT };

  Deno.test(`FrameDecoder understands what a ${role} receives as ws does, wherever it is cut`, async () => {
    await fc.assert(
      fc.asyncProperty(frameSamples(role), async (sample) => {
        const expected = await decodeWithWs(sample.bytes, options);
        for (const pieces of piecesOf(sample)) {
          const { events, violation } = decodeOwn(pieces, options);
          assertEquals(violation, expected.violation);
          // ws looks at a text only once it is whole, so a ping within an invalid one comes before its error.
          const count = violation === CLOSE.invalidText ? events.length : expected.events.length;
          assertEquals(events, expected.events.slice(0, count));
        }
      }),
      runs(RUNS),
    );
  });

  Deno.test(`encodeFrame writes frames that ws and FrameDecoder understand alike as a ${role}`, async () => {
    const nextKey = randomMaskingKeys();
    const frame = fc.record({
      opcode: fc.constantFrom(OPCODE.text, OPCODE.binary, OPCODE.ping, OPCODE.pong),
      length: fc.constantFrom(0, 1, 2, 3, 7, 124, 125, 126, 127, 65_535, 65_536),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { maxLength: 6 }), async (frames) => {
        const outgoing = frames.map(({ opcode, length }): OutgoingFrame => ({
          opcode,
          payload: new Uint8Array(opcode >= OPCODE.close ? length % 126 : length).fill(0x61),
        }));
        const room = outgoing.reduce((sum, each) => sum + encodedLimit(each), 0);
        const bytes = new Uint8Array(room);
        let end = 0;
        for (const each of outgoing) {
          end += encodeFrame(each, bytes.subarray(end), role === "server" ? nextKey() : undefined);
        }
        const sent = bytes.subarray(0, end);
        const names = ["", "text", "binary", "", "", "", "", "", "", "ping", "pong"];
        const events = outgoing.map(({ opcode, payload }) => `${names[opcode]} ${payload.toHex()}`);
        const expected = { events, violation: undefined };
        assertEquals(await decodeWithWs(sent, options), expected);
        assertEquals(decodeOwn([sent], options), expected);
      }),
      { numRuns: Math.min(RUNS, 200) },
    );
  });
}

/** What only the RFC forbids, and `ws` does not look for. */
const INVALID: readonly [name: string, bytes: number[], code: number][] = [
  ["a length of 16 bits that fits in 7", [0x82, 126, 0, 125], CLOSE.protocolError],
  ["a length of 64 bits that fits in 16", [0x82, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff], CLOSE.protocolError],
  [
    "a length of 64 bits with the highest one set",
    [0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0],
    CLOSE.protocolError,
  ],
  ["a length of 4 GiB and some", [0x82, 127, 0, 0, 0, 1, 0, 1, 0, 0], CLOSE.tooBig],
  ["a length of 63 bits", [0x82, 127, 0x7f, 255, 255, 255, 255, 255, 255, 255], CLOSE.tooBig],
  ["the second reserved bit", [0xa2, 0], CLOSE.protocolError],
  ["the third reserved bit", [0x92, 0], CLOSE.protocolError],
];

for (const [name, bytes, code] of INVALID) {
  Deno.test(`FrameDecoder rejects ${name}, before a byte of the payload`, () => {
    const { violation } = decodeOwn([Uint8Array.from(bytes)], {
      role: "client",
      messageLimit: MESSAGE_LIMIT,
    });
    assertEquals(violation, code);
  });
}

Deno.test("FrameDecoder says what is wrong with a frame's head, and with the order of frames", () => {
  const cases: [bytes: number[], message: string][] = [
    [[0xa2, 0], "reserved bit set"],
    [[0x83, 0], "reserved opcode"],
    [[0x09, 0], "fragmented control frame"],
    [[0x89, 126, 0, 126], "control frame over 125 bytes"],
    [[0x82, 126, 0, 125], "length that is not minimal"],
    [[0x82, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff], "length that is not minimal"],
    [[0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0], "length over 63 bits"],
    [[0x80, 0], "continuation of no message"],
    [[0x82, 0, 0x80, 0], "continuation of no message"],
    [[0x02, 0, 0x82, 0], "message within a message"],
    [[0x82, 0x80, 0, 0, 0, 0], "masked frame"],
    [[0x81, 1, 0xff], "text that is not UTF-8"],
    [[0x81, 1, 0xc3], "text that is not UTF-8"],
    [[0x82, 11], "message over 10 bytes"],
  ];
  for (const [bytes, message] of cases) {
    const decoder = new FrameDecoder({ role: "client", messageLimit: 10 });
    const error = assertThrows(() => [...decoder.decode(Uint8Array.from(bytes))], WebSocketViolation);
    assertMatch(error.message, new RegExp(`${message}$`));
  }
  const server = new FrameDecoder({ role: "server", messageLimit: 10 });
  const unmasked = Uint8Array.from([0x82, 0]);
  assertThrows(() => [...server.decode(unmasked)], WebSocketViolation, "frame that is not masked");
});

Deno.test("writeFrameHead() writes any length so that parseFrameHead() reads it", () => {
  for (const length of [0, 125, 126, 2 ** 16 - 1, 2 ** 16, 2 ** 32 - 1, 2 ** 32 + 5, 2 ** 40 + 7]) {
    for (const maskingKey of [undefined, Uint8Array.of(1, 2, 3, 4)]) {
      for (const final of [true, false]) {
        const head = { opcode: OPCODE.binary, final, length, maskingKey };
        const bytes = new Uint8Array(FRAME_HEAD_LIMIT);
        assertEquals(parseFrameHead(bytes.subarray(0, writeFrameHead(head, bytes))), head);
      }
    }
  }
});

Deno.test("FrameDecoder reads heads of any length, however two of them in a row are cut", () => {
  const payloads = [0, 1, 126, 65_536].map((length) => new Uint8Array(length).fill(0x61));
  for (const [role, mask] of [["client", false], ["server", true]] as const) {
    const options = { role, messageLimit: MESSAGE_LIMIT };
    for (const first of payloads) {
      for (const second of payloads) {
        const frames = [first, second, payloads[1]!].map((payload) =>
          frameBytes({ opcode: 2, payload, mask })
        );
        const [one, two] = [frames[0]!.length - first.length, frames[1]!.length - second.length];
        const all = join(frames);
        const events = [first, second, payloads[1]!].map((payload) => `binary ${payload.toHex()}`);
        for (let cut = 1; cut <= one; cut++) {
          for (let next = 1; next <= two; next++) {
            // Large ones take long, and one of each is enough.
            if (all.length > 60_000 && (cut % 4 !== 1 || next % 4 !== 1)) continue;
            const at = frames[0]!.length + next;
            const pieces = [all.subarray(0, cut), all.subarray(cut, at), all.subarray(at)];
            const decoded = decodeOwn(pieces, options);
            // Not assertEquals(), which takes long for long texts.
            const isRight = decoded.violation === undefined && decoded.events.join() === events.join();
            assert(isRight, `${role} ${first.length} ${second.length}, cut ${cut} and ${next}`);
          }
        }
      }
    }
  }
});

Deno.test("FrameDecoder says how much of a frame is still to come, and whether the message is a text and complete", () => {
  const decoder = new FrameDecoder({ role: "client", messageLimit: 100 });
  const eventsOf = (...bytes: readonly number[]) =>
    [...decoder.decode(Uint8Array.from(bytes))].map((event) =>
      event.kind === "data" && [event.text, event.bytes.length, event.remaining, event.last]
    );
  assertEquals(eventsOf(0x01, 5, 0x61), [[true, 1, 4, false]]);
  assertEquals(eventsOf(0x61, 0x61), [[true, 2, 2, false]]);
  assertEquals(eventsOf(0x61, 0x61, 0x80, 3, 0x61), [[true, 2, 0, false], [true, 1, 2, false]]);
  assertEquals(eventsOf(0x61, 0x61), [[true, 2, 0, true]]);
  assertEquals(eventsOf(0x82, 1, 0xff, 0x02, 0, 0x80, 0), [
    [false, 1, 0, true],
    [false, 0, 0, false],
    [false, 0, 0, true],
  ]);
});

Deno.test("FrameDecoder rejects invalid UTF-8 as soon as it has arrived, in a text that is not complete", () => {
  const { violation } = decodeOwn([Uint8Array.from([0x01, 5, 0x41, 0xff])], {
    role: "client",
    messageLimit: 10,
  });
  assertEquals(violation, CLOSE.invalidText);
});

Deno.test("FrameDecoder allows each message the whole limit, however many parts and messages came before", () => {
  const [text, continuation, last] = [[0x01, 1, 0x61], [0x00, 0], [0x80, 9, ...Array(9).fill(0x61)]];
  const message = [...text, ...continuation, ...last];
  const options = { role: "client", messageLimit: 10 } as const;
  const events = Array(3).fill(`text ${"61".repeat(10)}`);
  const all = Uint8Array.from([...message, ...message, ...message]);
  assertEquals(decodeOwn([all], options), { events, violation: undefined });
  // One byte more, in any of them.
  const tooLong = Uint8Array.from([...message, ...text, ...text.with(0, 0x00), ...last]);
  assertEquals(decodeOwn([tooLong], options), { events: events.slice(2), violation: CLOSE.tooBig });
});

Deno.test("FrameDecoder ignores what follows a close frame", () => {
  const bytes = Uint8Array.from([0x88, 2, 3, 232, 0xff, 0xff]);
  const options = { role: "client", messageLimit: 10 } as const;
  const closed = { events: ["close 1000 "], violation: undefined };
  assertEquals(decodeOwn([bytes, bytes], options), closed);
  // Neither what is invalid nor what would be valid.
  assertEquals(decodeOwn([Uint8Array.from([...bytes, ...Array(20).fill(0xff)])], options), closed);
  const more = [0x82, 1, 0x61];
  assertEquals(decodeOwn([bytes.subarray(0, 4), Uint8Array.from(more)], options), closed);
  assertEquals(decodeOwn([Uint8Array.from([...bytes.subarray(0, 4), ...more])], options), closed);
  const decoder = new FrameDecoder(options);
  assertEquals(decoder.closed, false);
  assertEquals([...decoder.decode(bytes)].length, 1);
  assertEquals(decoder.closed, true);
});

Deno.test("Utf8Check agrees with TextDecoder on every text, cut anywhere", () => {
  const strict = new TextDecoder("utf-8", { fatal: true });
  const byte = fc.oneof(
    fc.nat(255),
    fc.constantFrom(0x41, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4),
  );
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 8 }), fc.nat(8), (list, cut) => {
      const bytes = Uint8Array.from(list);
      const check = new Utf8Check();
      const valid = check.push(bytes.subarray(0, cut)) && check.push(bytes.subarray(cut)) && check.complete;
      let expected = true;
      try {
        strict.decode(bytes);
      } catch {
        expected = false;
      }
      assertEquals(valid, expected);
    }),
    runs(5 * RUNS),
  );
});

Deno.test("Utf8Check agrees with TextDecoder on every first and second byte, and on every last one", () => {
  const [decoder, encoder] = [new TextDecoder(), new TextEncoder()];
  // What is invalid is replaced, and does not come back as it was.
  const isValid = (bytes: Uint8Array) => encoder.encode(decoder.decode(bytes)).toHex() === bytes.toHex();
  for (let lead = 0x80; lead < 256; lead++) {
    const rest = lead < 0xe0 ? [] : lead < 0xf0 ? [0x80] : [0x80, 0x80];
    // A second byte that is valid with the first.
    const second = lead === 0xe0 || lead === 0xf0 ? 0xa0 : 0x80;
    for (let byte = 0; byte < 256; byte++) {
      for (const list of [[lead, byte, ...rest], [lead, second, ...rest.slice(1), byte]]) {
        const bytes = Uint8Array.from(list);
        const check = new Utf8Check();
        const valid = check.push(bytes) && check.complete;
        assert(valid === isValid(bytes), `${bytes.toHex()}: ${valid}`);
        // It is in the same state after a character as before.
        const again = !valid || (check.push(bytes) && check.complete && !check.push(bytes.subarray(1)));
        assert(again, `${bytes.toHex()} again`);
      }
    }
  }
});

Deno.test("Utf8Check finds what is invalid at any place and alignment of a long text", () => {
  for (
    const [name, sequence] of Object.entries({
      lead: [0xc3],
      continuation: [0xa9],
      both: [0xc3, 0xa9],
      apart: [0xc3, ...Array(40).fill(0x78), 0xa9],
    })
  ) {
    for (let start = 0; start < 4; start++) {
      for (let at = 0; at <= 200 - sequence.length; at++) {
        const bytes = new Uint8Array(start + 200).fill(0x78).subarray(start);
        bytes.set(sequence, at);
        const check = new Utf8Check();
        const valid = check.push(bytes) && check.complete;
        assertEquals(valid, name === "both", `${name} at ${at}, from offset ${start}`);
      }
    }
  }
});

Deno.test("applyMaskingKey masks each byte with its own byte of the key, at any offset and alignment", () => {
  const key = Uint8Array.from([1, 2, 4, 8]);
  for (let start = 0; start < 5; start++) {
    for (let length = 0; length < 12; length++) {
      for (let offset = 0; offset < 4; offset++) {
        const bytes = new Uint8Array(20);
        applyMaskingKey(bytes.subarray(start, start + length), key, offset);
        const expected = new Uint8Array(20);
        for (let at = 0; at < length; at++) expected[start + at] = key[(offset + at) % 4]!;
        assertEquals(bytes, expected);
      }
    }
  }
});

Deno.test("randomMaskingKeys returns another key each time", () => {
  const nextKey = randomMaskingKeys();
  const all = Array.from({ length: 1000 }, () => nextKey().toHex());
  // Two of a thousand are alike once in ten thousand runs.
  assertEquals(new Set(all).size >= 999, true);
  assertEquals(all.filter((key) => key.length !== 8), []);
});

Deno.test("the close codes are those of RFC 6455, section 7.4.1, and of IANA's registry", () => {
  assertEquals(CLOSE, {
    goingAway: 1001,
    protocolError: 1002,
    none: 1005,
    abnormal: 1006,
    invalidText: 1007,
    policyViolation: 1008,
    tooBig: 1009,
    internalError: 1011,
    tryAgainLater: 1013,
  });
});

Deno.test("closingPayload and parseClosing are the inverse of each other for every code that can be sent", () => {
  for (let code = 0; code < 65_536; code++) {
    if (!isSendableCode(code)) continue;
    assertEquals(parseClosing(closingPayload({ code, reason: "é" })), { code, reason: "é" });
  }
  assertEquals(parseClosing(closingPayload({ code: CLOSE.none, reason: "dropped" })), {
    code: CLOSE.none,
    reason: "",
  });
});

Deno.test("closingPayload cuts a reason that is too long, at a character", () => {
  const payload = closingPayload({ code: 1000, reason: "é".repeat(100) });
  assertEquals(payload.length, 2 + 122);
  assertEquals(parseClosing(payload).reason, "é".repeat(61));
});

Deno.test("parseClosing rejects codes that must not be sent", () => {
  for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535]) {
    const payload = Uint8Array.from([code >> 8, code]);
    assertThrows(() => parseClosing(payload), WebSocketViolation, "invalid close code");
  }
  // Nor is half a code one.
  for (let byte = 0; byte < 256; byte++) {
    assertThrows(() => parseClosing(Uint8Array.of(byte)), WebSocketViolation, "invalid close code");
  }
});

Deno.test("parseClosing rejects a reason that is not UTF-8, and takes none for an empty one", () => {
  const invalid = Uint8Array.of(3, 232, 0xff);
  const error = assertThrows(
    () => parseClosing(invalid),
    WebSocketViolation,
    "close reason that is not UTF-8",
  );
  assertEquals(error.code, CLOSE.invalidText);
  assertEquals(parseClosing(Uint8Array.of(3, 232)), { code: 1000, reason: "" });
  assertEquals(parseClosing(new Uint8Array(0)), { code: CLOSE.none, reason: "" });
});
