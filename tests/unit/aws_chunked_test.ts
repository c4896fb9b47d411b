import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { awsChunkedOf, decodeAwsChunked } from "../../lib/credentials/aws/aws_chunked.ts";
import { Refusal } from "../../lib/http/refusal.ts";
import { ReadLost } from "../../lib/upstream/errors.ts";
import { latin1 } from "../support/bytes.ts";
import { fc, runs } from "../support/property.ts";

const CHUNKED = { kind: "chunked" } as const;

/** Codes content as SDKs do. */
function coded(chunks: readonly Uint8Array[], extension: string, trailer: string): Uint8Array {
  const parts = [...chunks, new Uint8Array()].map((chunk) => {
    const line = latin1(`${chunk.length.toString(16)}${extension}\r\n`);
    return chunk.length === 0 ? [...line] : [...line, ...chunk, 13, 10];
  });
  return Uint8Array.from([...parts.flat(), ...latin1(`${trailer}\r\n`)]);
}

function streamOf(bytes: Uint8Array, cuts: readonly number[]): ReadableStream<Uint8Array> {
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  let from = 0;
  const pieces = ends.map((end) => bytes.slice(from, from = end)).filter((piece) => piece.length > 0);
  return new ReadableStream({
    pull(controller) {
      const piece = pieces.shift();
      if (piece === undefined) controller.close();
      else controller.enqueue(piece);
    },
  }, { highWaterMark: 0 });
}

async function decode(bytes: Uint8Array, cuts: readonly number[]) {
  const { content, trailers } = decodeAwsChunked(streamOf(bytes, cuts), CHUNKED);
  const whole = await new Response(content as BodyInit).bytes();
  return { whole, trailers: trailers() };
}

const CHUNKS = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 6 });
const CUTS = fc.array(fc.nat(400), { maxLength: 12 });
const EXTENSION = fc.constantFrom("", `;chunk-signature=${"a0".repeat(32)}`);
const TRAILER = fc.constantFrom(
  "",
  "x-amz-checksum-crc32:AAAAAA==\r\n",
  "x-amz-checksum-sha256:a\r\nx-amz-trailer-signature:b\r\n",
);

Deno.test("decodeAwsChunked() returns the content and the trailers, however the body is cut", async () => {
  await fc.assert(
    fc.asyncProperty(CHUNKS, EXTENSION, TRAILER, CUTS, async (chunks, extension, trailer, cuts) => {
      const { whole, trailers } = await decode(coded(chunks, extension, trailer), cuts);
      assertEquals([...whole], chunks.flatMap((chunk) => [...chunk]));
      assertEquals(trailers.map((line) => `${line.join(":")}\r\n`).join(""), trailer);
    }),
    runs(300),
  );
});

Deno.test("decodeAwsChunked() reads no more of a body than is asked for", async () => {
  let pulls = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulls++;
      controller.enqueue(latin1("1\r\na\r\n"));
    },
  }, { highWaterMark: 0 });
  const reader = decodeAwsChunked(body, CHUNKED).content.getReader();
  for (let count = 0; count < 3; count++) {
    await new Promise((resolve) => setTimeout(resolve));
    assertEquals(pulls, count);
    assertEquals((await reader.read()).value, latin1("a"));
  }
  await reader.cancel();
});

Deno.test("decodeAwsChunked() refuses a body that ends early or goes on, wherever it is cut", async () => {
  await fc.assert(
    fc.asyncProperty(
      CHUNKS,
      EXTENSION,
      TRAILER,
      CUTS,
      fc.nat(),
      async (chunks, extension, trailer, cuts, at) => {
        const bytes = coded(chunks, extension, trailer);
        const short = bytes.subarray(0, at % bytes.length);
        await assertRejects(() => decode(short, cuts), Refusal);
        await assertRejects(() => decode(Uint8Array.from([...bytes, 0x30]), cuts), Refusal);
      },
    ),
    runs(300),
  );
});

Deno.test("awsChunkedOf() recognises the coding by either field, and leaves other codings", () => {
  const cases: [fields: [string, string][], codings: string | undefined][] = [
    [[], undefined],
    [[["content-encoding", "gzip"]], undefined],
    [[["x-amz-content-sha256", "UNSIGNED-PAYLOAD"]], undefined],
    [[["Content-Encoding", "AWS-Chunked"]], ""],
    [[["content-encoding", "aws-chunked, gzip"]], "gzip"],
    [[["content-encoding", "gzip,aws-chunked,br"]], "gzip, br"],
    [[["x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"], ["content-encoding", "br"]], "br"],
  ];
  for (const [fields, codings] of cases) assertEquals(awsChunkedOf(fields)?.contentEncoding, codings);
});

Deno.test("awsChunkedOf() reads the length of the content and the names of the trailers", () => {
  const CODED = ["content-encoding", "aws-chunked"] as const;
  assertEquals(awsChunkedOf([CODED]), { decodedLength: undefined, contentEncoding: "", trailers: new Set() });
  const fields = [["X-Amz-Decoded-Content-Length", "0123"], ["x-amz-trailer", "A , ,b"]] as const;
  assertEquals(awsChunkedOf([CODED, ...fields]), {
    decodedLength: 123,
    contentEncoding: "",
    trailers: new Set(["a", "b"]),
  });
  const refused: [name: string, value: string, detail: RegExp][] = [
    ["x-amz-decoded-content-length", "1, 1", /^its X-Amz-Decoded-Content-Length is not one number$/],
    ["x-amz-decoded-content-length", "", /is not one number$/],
    ["x-amz-decoded-content-length", "1".repeat(16), /is not one number$/],
    [
      "x-amz-content-sha256",
      "STREAMING-AWS4-HMAC-SHA256-EVENTS",
      /^each of its events is signed, which only the client can do$/,
    ],
  ];
  for (const [name, value, detail] of refused) {
    const error = assertThrows(() => awsChunkedOf([CODED, [name, value]]), Refusal);
    assertMatch(error.subject, detail);
  }
});

Deno.test("decodeAwsChunked() drops the rest of an invalid body, and says of one that is given up whether a read of it is lost", async () => {
  const pieces = ["zz\r\n", "more", "and more"].map(latin1);
  const invalid = decodeAwsChunked(ReadableStream.from(pieces), CHUNKED);
  await assertRejects(() => new Response(invalid.content as BodyInit).bytes(), Refusal);
  await new Promise((resolve) => setTimeout(resolve, 20));
  // The memory of what was dropped is freed.
  assertEquals(pieces.slice(1).map(({ length }) => length), [0, 0]);
  const body = (pull: () => Promise<void>) => {
    return new ReadableStream<Uint8Array>({ type: "bytes", pull, autoAllocateChunkSize: 16 });
  };
  const waiting = decodeAwsChunked(body(() => new Promise<void>(() => {})), CHUNKED).content.getReader();
  const read = waiting.read();
  await new Promise((resolve) => setTimeout(resolve));
  await assertRejects(() => waiting.cancel(), ReadLost);
  await read;
  await decodeAwsChunked(body(() => Promise.resolve()), CHUNKED).content.cancel();
});
