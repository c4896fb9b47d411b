/**
 * The body of a response, read from a connection without a network.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { Connection } from "../../lib/upstream/connection.ts";
import { decoderFor } from "../../lib/upstream/decoder.ts";
import { BadResponse } from "../../lib/upstream/errors.ts";
import { ResponseBody } from "../../lib/upstream/response_body.ts";
import { parseResponseHead } from "../../lib/upstream/response_head.ts";
import { responseFraming } from "../../lib/upstream/response_framing.ts";
import { fromLatin1, latin1 } from "../support/bytes.ts";
import { FakeSocket, readPieces } from "../support/fake_socket.ts";
import { FakeTime } from "../support/fake_time.ts";

/** Returns the body of a response whose head, and what comes with it, has been read. */
async function bodyOf(...pieces: readonly string[]): Promise<ResponseBody> {
  const connection = new Connection(new FakeSocket(pieces));
  const head = parseResponseHead((await connection.readHead())!);
  return new ResponseBody(connection, decoderFor(responseFraming("GET", head)), () => {});
}

function textOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : fromLatin1(bytes);
}

Deno.test("a body is read once and in order, though reads that were to be joined come late", async () => {
  const text = Array.from({ length: 20_000 }, (_, index) => String(index % 10_000).padStart(4, "0")).join("");
  const head = `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n`;
  const all = head + text;
  // Two reads as large as a read can be, after which more is likely to follow, and others that take their time.
  const cuts = [0, 16_384, 32_768, 33_000, 49_384, 49_390, all.length];
  const pieces = cuts.slice(1).map((to, index) => all.slice(cuts[index], to));
  let reads = 0;
  const reading = await readPieces("GET", pieces, async () => {
    if (++reads > 2) await new Promise((resolve) => setTimeout(resolve, 20));
  });
  assertEquals(reading.accepted && fromLatin1(reading.body), text);
});

Deno.test("what came together with the head is there at once, whole or in part", async () => {
  const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  assertEquals(textOf(await (await bodyOf(head, "5\r\nhello\r\n")).nextBuffered()), undefined);
  const whole = await bodyOf(`${head}5\r\nhello\r\n0\r\n\r\n`);
  assertEquals(textOf(whole.borrowAll()), "hello");
  const part = await bodyOf(`${head}5\r\nhello\r\n`, "5\r\nworld\r\n0\r\n\r\n");
  assertEquals(textOf(await part.nextBuffered()), "hello");
  assertEquals([textOf(await part.next()), textOf(await part.next())], ["world", undefined]);
  const asked = await bodyOf(`${head}5\r\nhello\r\n`, "5\r\nworld\r\n0\r\n\r\n");
  assertEquals(asked.borrowAll(), undefined);
  assertEquals(textOf(await asked.nextBuffered()), "hello");
  assertEquals([textOf(await asked.next()), textOf(await asked.next())], ["world", undefined]);
  const byte = await bodyOf("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nh", "i");
  assertEquals([textOf(await byte.nextBuffered()), textOf(await byte.next())], ["h", "i"]);
});

Deno.test("the end of a connection is read once, however full the reads before it were", async () => {
  const full = "x".repeat(16 * 1024);
  let reads = 0;
  const pieces = ["HTTP/1.1 200 OK\r\n\r\n", full, full];
  const reading = await readPieces("GET", pieces, () => Promise.resolve(void reads++));
  assertEquals([reading.accepted && reading.body.length, reads], [2 * full.length, pieces.length + 1]);
});

Deno.test("bytes that follow a body are noticed, in whichever read they come", async () => {
  const text = "x".repeat(20_000);
  const all = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4e20\r\n${text}\r\n0\r\n\r\n`;
  for (const [more, clean] of [["", true], ["HTTP/1.1 200 OK\r\n", false]] as const) {
    for (const cut of [16_384, all.length - 1]) {
      const reading = await readPieces("GET", [all.slice(0, cut), all.slice(cut) + more]);
      assertEquals(reading.accepted && [reading.body.length, reading.clean], [20_000, clean]);
    }
  }
});

Deno.test("a head is written whole, in as few writes as the socket allows, none of which is empty", async () => {
  for (const [writeLimit, lengths] of [[Infinity, [5]], [5, [5]], [3, [3, 2]]] as const) {
    const socket = new FakeSocket([]);
    socket.writeLimit = writeLimit;
    await new Connection(socket).writeHead("hello");
    assertEquals(socket.written.map(({ length }) => length), [...lengths]);
  }
});

Deno.test("a body that breaks off is said to, whichever way its end was announced", async () => {
  for (const framing of ["Content-Length: 5\r\n\r\nhe", "Transfer-Encoding: chunked\r\n\r\n5\r\nhe"]) {
    const reading = await readPieces("GET", [`HTTP/1.1 200 OK\r\n${framing}`]);
    assertEquals(reading, { accepted: false, why: "connection closed within the body" });
  }
});

const KIB = 1024;
const FULL = 16 * KIB;

/** Reads a body to its end, with all the time that its reads need. @returns Its pieces. */
async function piecesOf(body: ResponseBody): Promise<Uint8Array<ArrayBuffer>[]> {
  const { setTimeout, clearTimeout } = globalThis;
  const limits = new Set<number>();
  const running = new Set<number>();
  Object.assign(globalThis, {
    setTimeout(_run: () => void, ms: number) {
      limits.add(ms);
      running.add(1);
      return 1;
    },
    clearTimeout: (timer: number) => running.delete(timer),
  });
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  try {
    for (let piece = await body.next(); piece !== undefined; piece = await body.next()) {
      pieces.push(piece);
      assertEquals(running.size, 0, "the time limit of a piece that is over");
    }
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout });
  }
  assertEquals([...limits].filter((ms) => ms !== 2), []);
  return pieces;
}

/** Returns text in which no two parts that could be mixed up are alike. */
function textOfLength(length: number): string {
  return Array.from(
    { length: Math.ceil(length / 5) },
    (_, at) => String(at % 1e5).padStart(5, "0"),
  ).join("").slice(
    0,
    length,
  );
}

/** Cuts a text into reads of these lengths, and of full ones after them. */
function inReads(text: string, ...lengths: readonly number[]): string[] {
  const reads: string[] = [];
  for (let at = 0; at < text.length;) {
    const length = lengths[reads.length] ?? FULL;
    reads.push(text.slice(at, at += length));
  }
  return reads;
}

Deno.test("full reads are joined into pieces of 128 KiB, or what they are limited to, and a shorter read ends a piece", async () => {
  const chunkHead = (length: number) => `${length.toString(16)}\r\n`.padStart(8, "0");
  const cases: [
    framing: string,
    length: number,
    limit: number | undefined,
    reads: number[],
    pieces: number[],
  ][] = [
    ["close", 300 * KIB, undefined, [], [128 * KIB, 128 * KIB, 44 * KIB]],
    ["close", 100 * KIB, 32 * KIB, [], [32 * KIB, 32 * KIB, 32 * KIB, 4 * KIB]],
    // No room for another full read is no place for a part of one.
    ["close", 100 * KIB, 40 * KIB, [], [32 * KIB, 32 * KIB, 32 * KIB, 4 * KIB]],
    // It is never smaller than what has been read.
    ["close", 33 * KIB, 1, [], [FULL, FULL, 1 * KIB]],
    ["close", 50 * KIB, undefined, [FULL, 100, FULL, FULL - 1, FULL], [
      FULL + 100,
      2 * FULL - 1,
      18 * KIB - 99 - FULL,
    ]],
    ["close", 40, undefined, [10, 20, 10], [10, 20, 10]],
    ["length", 300 * KIB, undefined, [], [128 * KIB, 128 * KIB, 44 * KIB]],
    ["length", 20_000, undefined, [], [20_000]],
    ["length", 2 * FULL, undefined, [], [2 * FULL]],
    ["length", FULL, undefined, [], [FULL]],
    ["chunked", 300 * KIB, undefined, [], [
      7 * FULL + FULL - 8,
      128 * KIB,
      44 * KIB + 8,
    ]],
  ];
  for (const [framing, length, limit, lengths, expected] of cases) {
    const text = textOfLength(length);
    const field = {
      close: "A: b",
      length: `Content-Length: ${length}`,
      chunked: "Transfer-Encoding: chunked",
    }[framing];
    const coded = framing === "chunked" ? `${chunkHead(length)}${text}\r\n0\r\n\r\n` : text;
    const body = await bodyOf(
      `HTTP/1.1 200 OK\r\n${field}\r\n\r\n`,
      ...inReads(coded, ...lengths),
    );
    if (limit !== undefined) body.pieceLimit = () => limit;
    const pieces = await piecesOf(body);
    const message = `${framing} ${length} ${limit} ${lengths}`;
    assertEquals(pieces.map((piece) => piece.length), expected, message);
    assert(pieces.map(textOf).join("") === text, message);
  }
});

Deno.test("a joined piece has 4 KiB of room before it, and no more memory than the body needs", async () => {
  const text = textOfLength(2 * FULL + 10);
  const body = await bodyOf(
    `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n`,
    ...inReads(text),
  );
  const piece = await body.next();
  assertEquals([piece?.length, piece?.byteOffset, piece?.buffer.byteLength], [
    text.length,
    4 * KIB,
    4 * KIB + text.length,
  ]);
  // Nobody knows how much comes, so there is room for all that may be joined.
  const open = await (await bodyOf("HTTP/1.1 200 OK\r\n\r\n", ...inReads(text))).next();
  assertEquals([open?.byteOffset, open?.buffer.byteLength], [4 * KIB, 132 * KIB]);
});

Deno.test("others get a turn while a body of many small chunks is decoded, all of which is at hand", async () => {
  const coded = "1\r\nx\r\n".repeat(400_000);
  const body = await bodyOf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", coded, "0\r\n\r\n");
  let [others, length] = [0, 0];
  const timer = setInterval(() => others++);
  for (let piece = await body.next(); piece !== undefined; piece = await body.next()) length += piece.length;
  clearInterval(timer);
  assertEquals([length, others > 0], [400_000, true]);
});

/** Returns a body whose outcome is recorded, and its connection. */
async function recorded(framing: string, ...pieces: readonly string[]) {
  const connection = new Connection(
    new FakeSocket([`HTTP/1.1 200 OK\r\n${framing}\r\n\r\n`, ...pieces]),
  );
  const head = parseResponseHead((await connection.readHead())!);
  const outcomes: string[] = [];
  const decoder = decoderFor(responseFraming("GET", head));
  return {
    body: new ResponseBody(
      connection,
      decoder,
      (outcome) => outcomes.push(outcome),
    ),
    connection,
    outcomes,
  };
}

Deno.test("a body ends once: complete, with bytes that follow it, or aborted", async () => {
  const cases: [framing: string, pieces: string[], outcome: string][] = [
    ["Content-Length: 5", ["hello"], "complete"],
    ["Content-Length: 5", ["hel", "lo"], "complete"],
    ["Content-Length: 5", ["hello!"], "overrun"],
    ["Content-Length: 0", [], "complete"],
    ["Transfer-Encoding: chunked", ["5\r\nhello\r\n0\r\n\r\n"], "complete"],
    ["Transfer-Encoding: chunked", ["5\r\nhello\r\n", "0\r\n\r\n"], "complete"],
    ["Transfer-Encoding: chunked", ["5\r\nhello\r\n", "0\r\n\r\n!"], "overrun"],
    ["A: b", ["hello"], "complete"],
    ["A: b", ["x".repeat(FULL), "hello"], "complete"],
    ["Content-Length: 6", ["hello"], "aborted"],
    ["Transfer-Encoding: chunked", ["5\r\nhello\r\nx"], "aborted"],
    ["Transfer-Encoding: chunked", ["x"], "aborted"],
  ];
  for (const [framing, pieces, outcome] of cases) {
    const { body, outcomes } = await recorded(framing, ...pieces);
    const message = `${framing} ${pieces}`;
    assertEquals(body.done, false, message);
    if (outcome === "aborted") {
      await assertRejects(
        () => piecesOf(body),
        BadResponse,
        undefined,
        message,
      );
    } else await piecesOf(body);
    body.cancel();
    assertEquals([outcomes, body.done, await body.next()], [
      [outcome],
      true,
      undefined,
    ], message);
  }
});

Deno.test("a body that is cancelled has ended, once", async () => {
  const { body, outcomes } = await recorded("Content-Length: 5", "hello");
  body.cancel();
  body.cancel();
  assertEquals([outcomes, body.done, await body.next()], [
    ["aborted"],
    true,
    undefined,
  ]);
});

Deno.test("a body that came with its head is lent until it is given back, and only if it is whole and no more is likely", async () => {
  const head = (framing: string) => `HTTP/1.1 200 OK\r\n${framing}\r\n\r\n`;
  const chunked = "Transfer-Encoding: chunked";
  const long = "x".repeat(FULL - head("Content-Length: 16000").length);
  const cases: [
    first: string,
    lent: string | undefined,
    outcome: string | undefined,
  ][] = [
    [`${head("Content-Length: 5")}hello`, "hello", "complete"],
    [`${head("Content-Length: 5")}hello!`, "hello", "overrun"],
    [`${head("Content-Length: 1")}x`, "x", "complete"],
    [`${head(chunked)}5\r\nhello\r\n0\r\n\r\n`, "hello", "complete"],
    [`${head(chunked)}5\r\nhello\r\n0\r\n\r\n!`, "hello", "overrun"],
    [head("Content-Length: 0"), "", "complete"],
    [`${head("Content-Length: 0")}!`, "", "overrun"],
    [head("Content-Length: 5"), undefined, undefined],
    [`${head("Content-Length: 5")}hell`, undefined, undefined],
    [`${head("A: b")}hello`, undefined, undefined],
    [`${head("Content-Length: 16000")}${long}`, undefined, undefined],
  ];
  for (const [first, lent, outcome] of cases) {
    const connection = new Connection(new FakeSocket([first]));
    const parsed = parseResponseHead((await connection.readHead())!);
    const outcomes: string[] = [];
    const body = new ResponseBody(
      connection,
      decoderFor(responseFraming("GET", parsed)),
      (each) => {
        outcomes.push(each);
      },
    );
    assertEquals([textOf(body.borrowAll()), outcomes, body.done], [
      lent,
      [],
      false,
    ], first);
    if (lent === undefined) continue;
    body.release();
    assertEquals([outcomes, body.done, await body.next()], [
      [outcome],
      true,
      undefined,
    ], first);
  }
});

Deno.test("what was decoded to lend a whole body is handed on where there is only a part, and its chunk goes on", async () => {
  const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const first of ["5\r\nhel", "5\r\n", "5"]) {
    for (const next of ["next", "nextBuffered"] as const) {
      const rest = "5\r\nhello\r\n3\r\nabc\r\n0\r\n\r\n".slice(first.length);
      const body = await bodyOf(head + first, rest);
      assertEquals(body.borrowAll(), undefined);
      const pieces = [
        textOf(await body[next]()),
        ...(await piecesOf(body)).map(textOf),
      ];
      assertEquals([pieces.join(""), pieces.includes("")], ["helloabc", false], first);
    }
  }
});

Deno.test("nextBuffered() ends a body that is invalid, and passes its error on", async () => {
  const connection = new Connection(
    new FakeSocket(["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx"]),
  );
  const head = parseResponseHead((await connection.readHead())!);
  const outcomes: string[] = [];
  const body = new ResponseBody(
    connection,
    decoderFor(responseFraming("GET", head)),
    (each) => {
      outcomes.push(each);
    },
  );
  await assertRejects(
    () => body.nextBuffered(),
    BadResponse,
    "invalid chunk size",
  );
  assertEquals([outcomes, body.done], [["aborted"], true]);
});

Deno.test("a body of none ends with what is buffered, without a read", async () => {
  const { body, outcomes } = await recorded("Content-Length: 0", "never read");
  assertEquals([await body.nextBuffered(), outcomes, body.done], [undefined, [
    "complete",
  ], true]);
});

Deno.test("nextBuffered() waits for no read, not even for one that is pending", async () => {
  const arrival = Promise.withResolvers<void>();
  let reads = 0;
  const socket = new FakeSocket(
    ["HTTP/1.1 200 OK\r\n\r\n", "x".repeat(FULL), "late"],
    async () => await (++reads === 3 ? arrival.promise : undefined),
  );
  const connection = new Connection(socket);
  const head = parseResponseHead((await connection.readHead())!);
  const body = new ResponseBody(connection, decoderFor(responseFraming("GET", head)), () => {});
  assertEquals(await body.nextBuffered(), undefined);
  assertEquals([(await body.next())?.length, reads], [FULL, 3]);
  assertEquals(await body.nextBuffered(), undefined);
  arrival.resolve();
  assertEquals((await piecesOf(body)).map(textOf), ["late"]);
});

Deno.test("what a read has brought is handed on at once, not once more has come", async () => {
  using time = new FakeTime();
  const pieces = [latin1("hello")];
  const connection = new Connection({
    read(room) {
      const piece = pieces.shift();
      if (piece === undefined) return new Promise(() => {});
      room.set(piece);
      return Promise.resolve(piece.length);
    },
    write: (bytes) => Promise.resolve(bytes.length),
    close() {},
  });
  const body = new ResponseBody(connection, decoderFor({ kind: "length", length: 10 }), () => {});
  let piece: Uint8Array | undefined;
  body.next().then((bytes) => piece = bytes);
  await time.settle();
  assertEquals(piece && fromLatin1(piece), "hello");
});
