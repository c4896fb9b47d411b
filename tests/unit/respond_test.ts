/**
 * What becomes of an upstream's response: what is refused, what is sent at once, and what is streamed.
 *
 * @module
 */

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { gzipSync } from "node:zlib";
import { Secret } from "../../lib/core/secret.ts";
import { UnorderedSet } from "../../lib/core/unordered_set.ts";
import { RequestLog } from "../../lib/log/request_log.ts";
import { Mask } from "../../lib/mask/mask.ts";
import { InFlightLimiter } from "../../lib/proxy/in_flight_limiter.ts";
import type { ReferenceRewriter } from "../../lib/proxy/reference/reference_rewriter.ts";
import { RequestSpan } from "../../lib/proxy/request_span.ts";
import { respond } from "../../lib/proxy/respond.ts";
import { BufferBudget } from "../../lib/upstream/buffer_budget.ts";
import { Connection } from "../../lib/upstream/connection.ts";
import { decoderFor } from "../../lib/upstream/decoder.ts";
import { BadResponse } from "../../lib/upstream/errors.ts";
import { ResponseBody } from "../../lib/upstream/response_body.ts";
import { parseResponseHead } from "../../lib/upstream/response_head.ts";
import { responseFraming } from "../../lib/upstream/response_framing.ts";
import type { HttpResponse, OngoingUpload, UpstreamResponse } from "../../lib/upstream/transport.ts";
import { latin1 } from "../support/bytes.ts";
import { FakeSocket } from "../support/fake_socket.ts";
import { entryOf } from "../support/log_entry.ts";

const SECRET = "canary-0123456789";
const MASK = { current: Mask.of([{ text: Secret.of(SECRET) }]) };

interface Options {
  /** What arrives together with the head. */
  readonly arrived?: string | Uint8Array;
  /** What comes later. */
  readonly later?: readonly (string | Uint8Array)[];
  readonly method?: string;
  readonly upload?: OngoingUpload;
  readonly scrub?: boolean;
  readonly client?: boolean;
  /** Rewrites a field. */
  readonly field?: ReferenceRewriter["field"];
}

function failing(): never {
  throw new TypeError("Invalid URL");
}

/** Begins to respond with an upstream's response. */
async function started(text: string, options: Options = {}) {
  const { arrived = "", later = [], method = "GET", upload, scrub = true, client = false } = options;
  const { field = (_: string, value: string) => value } = options;
  const budget = new BufferBudget(64 * 1024 * 1024);
  const connection = new Connection(new FakeSocket([arrived, ...later]));
  if (arrived.length > 0) await connection.fill();
  const head = parseResponseHead(text);
  const framing = responseFraming(method, head);
  const ends: string[] = [];
  const body = new ResponseBody(connection, decoderFor(framing), (outcome) => ends.push(outcome));
  const upstream: HttpResponse = {
    kind: "response",
    head,
    framing,
    body,
    reused: true,
    ...(upload && { upload }),
  };
  const outcomes: string[] = [];
  const entry = entryOf({
    status: 0,
    bytesDown: 0,
    reused: false,
    firstByteMs: undefined,
    ...(client && { client: { address: "192.0.2.7" } as never }),
  });
  const span = new RequestSpan(entry, {
    log: new RequestLog([({ outcome }) => outcomes.push(outcome)]),
    limiter: new InFlightLimiter(1),
    spans: new UnorderedSet(),
  });
  const respondTo = (response: UpstreamResponse) =>
    respond(response, {
      route: { scrub, cookies: true, responseTimeoutMs: 1000 },
      references: () => ({ field }) as ReferenceRewriter,
      mask: MASK,
      span,
      budget,
    });
  return { responded: () => respondTo(upstream), respondTo, budget, span, entry, outcomes, ends };
}

/** Returns the response, and whether it was there without a turn of the event loop. */
async function answered(text: string, options?: Options) {
  const { responded, ...rest } = await started(text, options);
  const response = responded();
  return { ...rest, isAtOnce: response instanceof Response, response: await response };
}

/** An upload that has come so far that the response may be streamed once a promise is fulfilled. */
function uploadOf(settled: Promise<void>, calls: string[] = []): OngoingUpload {
  return {
    isRead: false,
    settled: () => settled,
    beginStream: () => void calls.push("begin"),
    cancelStream: () => void calls.push("cancel"),
    abandon: () => Promise.resolve(false),
    endStream: (end) => {
      calls.push(end);
      return Promise.resolve(false);
    },
  };
}

/** Returns how much content there is. A piece is freed once the next one is asked for. */
async function lengthOf({ body }: Response): Promise<number> {
  let length = 0;
  for await (const piece of body ?? []) length += piece.length;
  return length;
}

const OK = "HTTP/1.1 200 OK\r\n";

Deno.test("respond() refuses what can't be forwarded, and gives up its content", async () => {
  const cases: [head: string, why: string][] = [
    ["HTTP/1.1 600 Beyond\r\nContent-Length: 5\r\n\r\n", "status above 599"],
    ["HTTP/1.1 226 IM Used\r\nContent-Length: 5\r\n\r\n", "instance manipulation that can't be masked"],
    [`${OK}Content-Encoding: xz\r\nContent-Length: 5\r\n\r\n`, "content coding that can't be decoded"],
    [
      `${OK}Content-Encoding: gzip\r\nContent-Encoding: xz\r\nContent-Length: 5\r\n\r\n`,
      "content coding that can't be decoded",
    ],
  ];
  for (const [head, why] of cases) {
    const { responded, ends, outcomes } = await started(head, { arrived: "hello" });
    assertThrows(responded, BadResponse, why);
    assertEquals([ends, outcomes], [["aborted"], []], head);
  }
});

Deno.test("respond() refuses another protocol that nobody asked for, and closes its connection", async () => {
  const socket = new FakeSocket([]);
  const { respondTo } = await started(`${OK}\r\n`);
  const head = parseResponseHead("HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\n\r\n");
  const change = {
    kind: "protocol_change",
    head,
    connection: new Connection(socket),
    reused: false,
  } as const;
  assertThrows(() => respondTo(change), BadResponse, "unrequested protocol change");
  assertEquals(socket.closed, true);
});

Deno.test("respond() passes the same where nothing is masked, but a status above 599", async () => {
  for (const [status, passes] of [[599, true], [226, true], [600, false]] as const) {
    const head = `HTTP/1.1 ${status} Any\r\nContent-Encoding: xz\r\nContent-Length: 5\r\n\r\n`;
    const { responded } = await started(head, { arrived: "hello", scrub: false });
    if (!passes) assertThrows(responded, BadResponse);
    else assertEquals((await responded()).status, status);
  }
});

Deno.test("respond() sends content that came with the head at once, masked, and ends its request", async () => {
  const cases: [head: string, arrived: string, text: string, masked: number, length: number][] = [
    [`${OK}Content-Length: 17\r\n\r\n`, SECRET, "*".repeat(17), 1, 17],
    [`${OK}Content-Length: 5\r\n\r\n`, "hello", "hello", 0, 5],
    [`${OK}Content-Encoding:\r\nContent-Length: 5\r\n\r\n`, "hello", "hello", 0, 5],
    [`${OK}X-Other: xz\r\nContent-Length: 5\r\n\r\n`, "hello", "hello", 0, 5],
    [`${OK}Content-Length: 0\r\n\r\n`, "", "", 0, 0],
    ["HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "", "", 0, 0],
  ];
  for (const [head, arrived, expected, masked, length] of cases) {
    const { response, isAtOnce, entry, outcomes, ends } = await answered(head, { arrived });
    const text = await response.text();
    assertEquals([text.replace(/\u2588|[^*a-z]/g, "*"), isAtOnce], [expected, true], head);
    assertEquals([entry.masked, entry.bytesDown, entry.status], [masked, length, response.status], head);
    assertEquals([entry.reused, entry.firstByteMs !== undefined, outcomes, ends], [
      true,
      true,
      ["complete"],
      ["complete"],
    ]);
  }
});

Deno.test("respond() gives a response without content neither content nor a length that it did not state", async () => {
  const cases: [method: string, head: string, hasBody: boolean][] = [
    ["HEAD", `${OK}\r\n`, true],
    ["HEAD", `${OK}Content-Length: 5\r\n\r\n`, false],
    ["GET", `${OK}Content-Length: 0\r\n\r\n`, false],
    ["GET", "HTTP/1.1 204 No Content\r\n\r\n", false],
  ];
  for (const [method, head, hasBody] of cases) {
    const { response } = await answered(head, { method });
    assertEquals([response.body !== null, await response.text()], [hasBody, ""], head);
  }
});

Deno.test("respond() sends a 205 as 204, whether its content is there or still to come", async () => {
  const head = "HTTP/1.1 205 Reset Content\r\nContent-Length: 5\r\n\r\n";
  for (const options of [{ arrived: "hello" }, { later: ["hello"] }]) {
    const { response, outcomes, entry } = await answered(head, options);
    assertEquals([response.status, response.body, outcomes, entry.bytesDown], [204, null, ["complete"], 0]);
  }
});

Deno.test("respond() streams content that is still to come, masked, and ends its request with the last byte", async () => {
  const head = `${OK}Content-Length: 27\r\n\r\n`;
  for (const scrub of [true, false]) {
    const { response, isAtOnce, outcomes, entry, ends } = await answered(head, {
      arrived: "hello",
      later: [SECRET.slice(0, 9), SECRET.slice(9), "world"],
      scrub,
    });
    assertEquals([isAtOnce, outcomes], [false, []]);
    const text = await response.text();
    assertEquals(text.startsWith("hello") && text.endsWith("world"), true, text);
    assertEquals([text.includes(SECRET), entry.masked], [!scrub, scrub ? 1 : 0]);
    assertEquals([outcomes, ends, entry.bytesDown], [["complete"], ["complete"], 27]);
  }
});

Deno.test("respond() passes a part of content without a coding as any other", async () => {
  const head = "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 5-14/20\r\nContent-Length: 10\r\n\r\n";
  const { response } = await answered(head, { arrived: "hello", later: ["world"] });
  assertEquals([response.status, await response.text()], [206, "helloworld"]);
});

Deno.test("respond() gives the memory of decoders back if the response fails after all", async () => {
  const head = `${OK}Content-Encoding: gzip\r\nLocation: /x\r\nConnection: close\r\n\r\n`;
  const upload = uploadOf(Promise.resolve());
  upload.beginStream = () => {
    throw new BadResponse("no stream");
  };
  const coded = gzipSync("hello\n".repeat(10));
  // The decoder is still needed for the end.
  const later = [coded.subarray(0, -4), coded.subarray(-4)];
  for (const options of [{ upload }, { field: failing }]) {
    const { responded, budget, ends } = await started(head, { later, ...options });
    await assertRejects(async () => await responded(), Error);
    assertEquals([budget.used, ends.length], [0, 1]);
  }
});

Deno.test("respond() gives up a part of coded content whose whole it can't ask for", async () => {
  const coded = "Content-Encoding: gzip\r\nContent-Range: bytes 5-14/20\r\nContent-Length: 10\r\n\r\n";
  const { responded, ends } = await started(`HTTP/1.1 206 Partial Content\r\n${coded}`, { later: ["x"] });
  await assertRejects(async () => await responded(), BadResponse, "part of coded content");
  assertEquals(ends, ["aborted"]);
});

Deno.test("respond() streams coded content as it came, and refuses it at once if a secret stands in its beginning", async () => {
  const head = `${OK}Content-Encoding: gzip\r\nConnection: close\r\n\r\n`;
  const clear = gzipSync("hello");
  const { response } = await answered(head, { later: [clear] });
  assertEquals(new Uint8Array(await response.arrayBuffer()), new Uint8Array(clear));
  const secret = gzipSync(SECRET);
  const measured = head.replace("Connection: close", `Content-Length: ${secret.length}`);
  for (const [text, options] of [[head, { later: [secret] }], [measured, { arrived: secret }]] as const) {
    const { responded, ends } = await started(text, options);
    await assertRejects(async () => await responded());
    assertEquals(ends.length, 1);
  }
});

Deno.test("respond() sends a whole response at once while its upload goes on, and streams another only once that has come far enough", async () => {
  const never = Promise.withResolvers<void>().promise;
  const head = `${OK}Content-Length: 10\r\n\r\n`;
  const calls: string[] = [];
  const { response, outcomes, entry } = await answered(head, {
    arrived: "hello",
    later: ["world"],
    upload: uploadOf(never, calls),
  });
  assertEquals([await response.text(), outcomes, entry.bytesDown, calls], [
    "helloworld",
    ["complete"],
    10,
    [],
  ]);
  const large = `${OK}Content-Length: 100000\r\n\r\n`;
  const settled = Promise.withResolvers<void>();
  const { responded } = await started(large, {
    later: Array.from({ length: 20 }, () => "x".repeat(5000)),
    upload: uploadOf(settled.promise, calls),
  });
  let isThere = false;
  const streamed = Promise.resolve(responded()).then((response) => {
    isThere = true;
    return response;
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals([isThere, calls], [false, []]);
  settled.resolve();
  assertEquals(await lengthOf(await streamed), 100_000);
  assertEquals(calls, ["begin", "complete"]);
});

Deno.test("respond() waits for an upload before it looks at coded content, and takes back that it streams if it refuses", async () => {
  const settled = Promise.withResolvers<void>();
  const calls: string[] = [];
  const { responded } = await started(`${OK}Content-Encoding: gzip\r\nConnection: close\r\n\r\n`, {
    later: [gzipSync(SECRET)],
    upload: uploadOf(settled.promise, calls),
  });
  const refused = assertRejects(async () => await responded());
  await new Promise((resolve) => setTimeout(resolve, 20));
  settled.resolve();
  await refused;
  assertEquals(calls.at(-1), "cancel");
});

Deno.test("respond() refuses a response that is cut while its content is awaited, and gives its content up", async () => {
  const settled = Promise.withResolvers<void>();
  const { responded, span, ends } = await started(`${OK}Content-Length: 10\r\n\r\n`, {
    arrived: "hello",
    later: ["world"],
    upload: uploadOf(settled.promise),
  });
  const refused = assertRejects(async () => await responded());
  span.cut("revoked");
  await refused;
  assertEquals(ends, ["aborted"]);
});

Deno.test("respond() sends what is at hand in one piece up to 64 KiB, and ends its request with it", async () => {
  for (const [size, isEnded] of [[65_535, true], [65_536, false]] as const) {
    const content = latin1("x".repeat(size));
    const { response, outcomes } = await answered(`${OK}Content-Length: ${size}\r\n\r\n`, {
      arrived: content,
    });
    assertEquals([outcomes.length === 1, await lengthOf(response)], [isEnded, size]);
  }
});

Deno.test("respond() records the upstream's request ID only where the log says who the client is", async () => {
  for (const client of [true, false]) {
    const { entry } = await answered(`${OK}X-Request-Id: r-1\r\nContent-Length: 0\r\n\r\n`, { client });
    assertEquals(entry.upstreamRequestId, client ? "r-1" : undefined);
  }
});
