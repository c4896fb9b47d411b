import { assertEquals, assertRejects } from "@std/assert";
import type { FieldLine } from "../../lib/http/syntax.ts";
import { wholeOfPart } from "../../lib/proxy/whole_of_part.ts";
import { wholeRequest } from "../../lib/proxy/whole_request.ts";
import { Connection } from "../../lib/upstream/connection.ts";
import { decoderFor } from "../../lib/upstream/decoder.ts";
import { BadResponse } from "../../lib/upstream/errors.ts";
import { ResponseBody } from "../../lib/upstream/response_body.ts";
import { parseResponseHead } from "../../lib/upstream/response_head.ts";
import { responseFraming } from "../../lib/upstream/response_framing.ts";
import type { HttpResponse, UpstreamRequest } from "../../lib/upstream/transport.ts";
import { FakeSocket } from "../support/fake_socket.ts";

interface Response extends HttpResponse {
  isGivenUp: boolean;
}

/** Returns a response whose content is still to come. */
function responseOf(status: number, fields: Record<string, string>): Response {
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const head = parseResponseHead(`HTTP/1.1 ${status} Any\r\n${lines}\r\n`);
  const framing = responseFraming("GET", head);
  const response: Response = {
    kind: "response",
    head,
    framing,
    body: new ResponseBody(new Connection(new FakeSocket([])), decoderFor(framing), () => {
      response.isGivenUp = true;
    }),
    reused: false,
    isGivenUp: false,
  };
  return response;
}

const CODED = { "content-encoding": "gzip", etag: '"1"', "last-modified": "Thu, 01 Jan 2026 00:00:00 GMT" };
const PART = { ...CODED, "content-range": "bytes 100-199/1000", "content-length": "100" };
const WHOLE = { ...CODED, "content-length": "1000" };

/** Asks for the whole of a part. @returns What it is, or why it is refused, and which responses were given up. */
async function tried(part: Record<string, string>, whole?: Record<string, string>, status = 200) {
  const [first, second] = [responseOf(206, part), responseOf(status, whole ?? {})];
  const fetch = whole && (() => Promise.resolve(second));
  let result: unknown;
  try {
    const found = await wholeOfPart(first, fetch);
    assertEquals(found.whole, second);
    result = [found.range.from, found.range.to];
  } catch (error) {
    if (!(error instanceof BadResponse)) throw error;
    result = error.message;
  }
  return [result, first.isGivenUp, second.isGivenUp];
}

Deno.test("wholeOfPart() gives up the part for the whole of the same representation", async () => {
  const { "content-length": _, ...chunked } = WHOLE;
  const unnamed = { "content-encoding": "gzip" };
  const { "content-length": __, ...unmeasured } = PART;
  const pairs: [part: Record<string, string>, whole: Record<string, string>][] = [
    [PART, WHOLE],
    [unmeasured, WHOLE],
    // Two lines of a field are one list.
    [{ ...PART, "Content-Encoding": "br" }, { ...WHOLE, "content-encoding": "gzip, br" }],
    [{ ...PART, "content-type": 'text/plain; about="multipart/byteranges"' }, WHOLE],
    // Either validator shows that it is the same one, and without any the length does.
    [PART, chunked],
    [{ ...unnamed, etag: '"1"', "content-range": PART["content-range"] }, { ...unnamed, etag: '"1"' }],
    [
      { ...unnamed, "last-modified": "x", "content-range": PART["content-range"] },
      { ...unnamed, "last-modified": "x" },
    ],
    [{ ...unnamed, "content-range": PART["content-range"] }, { ...unnamed, "content-length": "1000" }],
    [{ ...PART, "content-range": "bytes 1073741824-1073741923/1073742000" }, {
      ...WHOLE,
      "content-length": "1073742000",
    }],
  ];
  for (const [part, whole] of pairs) {
    const [range, ...givenUp] = await tried(part, whole);
    assertEquals(
      [Array.isArray(range), ...givenUp],
      [true, true, false],
      JSON.stringify([part, whole, range]),
    );
  }
  assertEquals((await tried(PART, WHOLE))[0], [100, 200]);
});

Deno.test("wholeOfPart() refuses a part before it asks for the whole, if it can't be cut out", async () => {
  const cases: [why: string, part: Record<string, string>][] = [
    ["part of coded content", { ...PART, "content-range": "bytes */1000" }],
    ["part of coded content", { ...CODED, "content-length": "100" }],
    ["part of coded content", { ...PART, "content-type": "multipart/byteranges; boundary=x" }],
    ["part of coded content", { ...PART, "content-type": "Multipart/Byteranges; boundary=x" }],
    ["part of coded content with another length than its range", { ...PART, "content-length": "99" }],
    ["part of coded content after the first gigabyte", {
      ...PART,
      "content-range": "bytes 1073741825-1073741924/1073742000",
    }],
  ];
  for (const [why, part] of cases) assertEquals(await tried(part, WHOLE), [why, false, false]);
  assertEquals(await tried(PART), ["part of coded content", false, false]);
});

Deno.test("wholeOfPart() refuses a whole that is another representation, and gives it up", async () => {
  const why = "part of coded content whose whole is not to be had, or has changed";
  const unnamed = { "content-encoding": "gzip" };
  const cases: [part: Record<string, string>, whole: Record<string, string>, status?: number][] = [
    [PART, { ...WHOLE, "content-length": "1001" }],
    [PART, { ...WHOLE, etag: '"2"' }],
    [PART, { ...WHOLE, "last-modified": "Thu, 01 Jan 2026 00:00:01 GMT" }],
    [PART, { ...WHOLE, "content-encoding": "br" }],
    [PART, { "content-length": "1000" }],
    [PART, WHOLE, 206],
    [PART, WHOLE, 404],
    [{ ...unnamed, "content-range": PART["content-range"] }, unnamed],
  ];
  for (const [part, whole, status] of cases) {
    assertEquals(await tried(part, whole, status), [why, true, true]);
  }
});

Deno.test("wholeOfPart() refuses a change of protocol, and closes its connection", async () => {
  const socket = new FakeSocket([]);
  const connection = new Connection(socket);
  const change = {
    kind: "protocol_change",
    head: responseOf(200, {}).head,
    connection,
    reused: false,
  } as const;
  await assertRejects(
    () => wholeOfPart(responseOf(206, PART), () => Promise.resolve(change)),
    BadResponse,
    "unrequested protocol change",
  );
  assertEquals(socket.closed, true);
});

Deno.test("wholeRequest() asks for the same without a range, if a GET asks for one", () => {
  const request = (method: string, fields: FieldLine[]): UpstreamRequest => ({
    method,
    target: "/x",
    fields,
    framing: { kind: "none" },
    body: null,
    onBodySent() {},
    isClientGone: () => false,
    upgrade: false,
  });
  const fields: FieldLine[] = [["host", "a"], ["range", "bytes=1-"], ["if-range", '"1"'], ["x-range", "y"]];
  assertEquals(wholeRequest(request("GET", fields))?.fields, [["host", "a"], ["x-range", "y"]]);
  assertEquals(wholeRequest(request("HEAD", fields)), undefined);
  assertEquals(wholeRequest(request("GET", [["host", "a"], ["if-range", '"1"']])), undefined);
});
