/**
 * What is read from upstreams and written to them, compared with Node's HTTP client and server.
 *
 * The cases are random, from a seed that is the same in every run; `FUZZ_SEED` sets another one, and `FUZZ_TIMES`
 * multiplies their number.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { fc, runs, TIMES } from "../support/property.ts";
import { requestFieldRules, requestFields } from "../../lib/proxy/build_request.ts";
import { serializeRequestHead } from "../../lib/upstream/request_head.ts";
import { Secret } from "../../lib/core/secret.ts";
import { Connection } from "../../lib/upstream/connection.ts";
import { RequestBody } from "../../lib/upstream/request_body.ts";
import { UnfinishedUploads } from "../../lib/upstream/unfinished_uploads.ts";
import {
  arbitraryRequest,
  CREDENTIAL,
  fieldsMeant,
  type SampleRequest,
  sorted,
} from "../support/arbitrary_request.ts";
import { arbitraryCuts, arbitraryResponse, cut } from "../support/arbitrary_response.ts";
import { join, latin1 } from "../support/bytes.ts";
import { type NodeReading, readAsNode } from "../support/node_client.ts";
import { startNodeServer } from "../support/node_server.ts";
import { everyCut, FakeSocket, type Reading, readPieces } from "../support/fake_socket.ts";
import { routeOf } from "../support/route.ts";

/** Something that Node accepts and this reader refuses, on purpose. */
interface Difference {
  /** The error's message. */
  readonly why: string;
  /** Why it is refused here. */
  readonly because: string;
  /** Whether a response has the difference. */
  readonly mark: RegExp;
  /** Responses to GET that have it. */
  readonly examples: readonly string[];
}

const OK = "HTTP/1.1 200 OK\r\n";
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;

const DIFFERENCES: readonly Difference[] = [
  {
    why: "no HTTP/1 status line",
    because: "Only servers are to ignore empty lines before a message (RFC 9112, 2.2)",
    mark: /(?:^|\r\n\r\n)[\r\n]+HTTP\//,
    examples: [`\r\n${OK}\r\n`, `\n${OK}\r\n`, `\r${OK}\r\n`],
  },
  {
    why: "no HTTP/1 status line",
    because: "Only HTTP/1.0 and HTTP/1.1 are supported (RFC 9112, 2.3)",
    mark: /^HTTP\/(?:2\.0|0\.9) /m,
    examples: ["HTTP/2.0 200 OK\r\n\r\n", "HTTP/0.9 200 OK\r\n\r\n"],
  },
  {
    why: "no HTTP/1 status line",
    because: "A status begins at 100 (RFC 9110, 15)",
    mark: /^HTTP\/1\.[01] 0[0-9]{2}/m,
    examples: ["HTTP/1.1 099 OK\r\n\r\n", "HTTP/1.1 000 OK\r\n\r\n"],
  },
  {
    why: "no HTTP/1 status line",
    because: "A reason holds no control bytes (RFC 9112, 4)",
    // deno-lint-ignore no-control-regex -- control bytes are what it looks for
    mark: /^HTTP\/1\.[01] [0-9]{3} [^\r\n]*[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/m,
    examples: ["HTTP/1.1 200 O\0K\r\n\r\n", "HTTP/1.1 200 O\x7fK\r\n\r\n"],
  },
  ...["no HTTP/1 status line", "connection closed within a head"].map((why, at) => ({
    why,
    because: "A bare CR does not end a line (RFC 9112, 2.2)",
    mark: /^HTTP\/1\.[01] [^\r\n]*\r(?!\n)/m,
    examples: [["HTTP/1.1 200 OK\r\r\r\nA: b\r\n\r\n"], ["HTTP/1.1 200 OK\r\r\r\n"]][at] ?? [],
  })),
  {
    why: "invalid Content-Length",
    because: "A number of more than 15 digits may not be exact (RFC 9110, 8.6)",
    mark: /^content-length: *[0-9]{16,} *\r\n/im,
    examples: [`${OK}Content-Length: 0000000000000002\r\n\r\nok`],
  },
  {
    why: "Transfer-Encoding other than chunked",
    because: "No other coding was asked for, and none can be decoded here (RFC 9112, 7.4)",
    mark: /^transfer-encoding:(?! *chunked *\r\n)/im,
    examples: [
      `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
      `${OK}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`,
      `${OK}Transfer-Encoding: chunked, gzip\r\n\r\nuntil the end`,
      `${OK}Transfer-Encoding: identity\r\n\r\nuntil the end`,
    ],
  },
  {
    why: "Transfer-Encoding other than chunked",
    because: "A coding in HTTP/1.0 is faulty framing (RFC 9112, 6.1)",
    mark: /^HTTP\/1\.0 (?:[^\r\n]*\r\n)+transfer-encoding:/im,
    examples: ["HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
  },
  {
    why: "more than one Transfer-Encoding",
    because: "Two lines are one list, which is not chunked alone (RFC 9112, 6.1)",
    mark: /^transfer-encoding:(?:[^\r\n]*\r\n)+transfer-encoding:/im,
    examples: [`${OK}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  },
  {
    why: "tab in a framing field",
    because: "Node itself ignores a tab before the value, but not after it (RFC 9110, 5.6.3)",
    mark: /^(?:content-length|transfer-encoding):[^\r\n]*\t/im,
    examples: [`${OK}Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n`, `${OK}Content-Length:\t2\r\n\r\nok`],
  },
  {
    why: "transfer-encoding in the trailers",
    because: "Trailers must not contain framing fields (RFC 9110, 6.5.1)",
    mark: /\r\n0+(?:;[^\r\n]*)?\r\n(?:[^\r\n]+\r\n)*transfer-encoding:/i,
    examples: [`${CHUNKED}0\r\nTransfer-Encoding: chunked\r\n\r\n`],
  },
  {
    why: "more than 256 fields",
    because: "No upstream needs that many; they cost the service time and memory",
    mark: /^(?:[^\r\n]+\r\n){258}/,
    examples: [`${OK}${"a: b\r\n".repeat(257)}\r\n`],
  },
  {
    why: "head larger than 65536 bytes",
    because: "Node's own limit is 16 KiB, raised for this test",
    mark: /^(?!.{0,65530}\r\n\r\n)/s,
    examples: [`${OK}A: ${"x".repeat(65_536)}\r\n\r\n`],
  },
  {
    why: "chunk line or trailers too long",
    because: "4 KiB of extensions, which nobody reads, are enough; Node's limit is 16 KiB",
    mark: /;[^\r\n]{4090}/,
    examples: [`${CHUNKED}2;a=${"x".repeat(5000)}\r\nok\r\n0\r\n\r\n`],
  },
];

Deno.test("each deliberate difference from Node is refused here and accepted there", async () => {
  for (const { why, because, mark, examples } of DIFFERENCES) {
    for (const text of examples) {
      const shown = `${JSON.stringify(text.slice(0, 200))} (${because})`;
      assertEquals(await readPieces("GET", [text]), { accepted: false, why }, shown);
      assert((await readAsNode("GET", latin1(text))).accepted, shown);
      assert(mark.test(text), shown);
    }
  }
});

Deno.test("a response is read as Node reads it, or refused; what Node refuses is never accepted", async () => {
  const seen = { both: 0, neither: 0, Node: 0 };
  await check(
    6000,
    fc.asyncProperty(arbitraryResponse, arbitraryCuts, async ({ method, text }, sizes) => {
      const ours = await readPieces(method, cut(text, sizes));
      // What follows an accepted response belongs to nobody; Node would fail on it.
      const read = ours.accepted ? text.slice(0, text.length - ours.left) : text;
      let theirs = await readAsNode(method, latin1(read));
      if (ours.accepted && !theirs.accepted) theirs = await readAsNode(method, latin1(withBareSizes(read)));
      if (ours.accepted) {
        assertSame(ours, theirs);
        seen.both++;
      } else if (theirs.accepted) {
        const listed = DIFFERENCES.some(({ why, mark }) => why === ours.why && mark.test(text));
        assert(listed, `Node takes it, and nothing is said of "${ours.why}"`);
        seen.Node++;
      } else seen.neither++;
    }),
  );
  // Enough of each kind for the comparison to mean something.
  const few = Object.entries(seen).filter(([kind, count]) => count < (kind === "Node" ? 25 : 1500) * TIMES);
  assertEquals(few, [], JSON.stringify(seen));
});

/** Returns a chunked response without padding and extensions after the sizes, of which Node takes fewer. */
function withBareSizes(text: string): string {
  const [head = ""] = /^(?:HTTP\/1\.[01] 1.*?\r\n\r\n)*.*?\r\n\r\n/s.exec(text) ?? [];
  let bare = head;
  for (let at = head.length;;) {
    const [line, size] = /^([0-9a-f]+)[^\r\n]*\r\n/i.exec(text.slice(at)) ?? [];
    if (line === undefined || size === undefined) return bare + text.slice(at);
    const next = at + line.length + parseInt(size, 16) + 2;
    bare += `${size}\r\n${text.slice(at + line.length, next)}`;
    at = next;
    if (parseInt(size, 16) === 0) return bare + text.slice(at);
  }
}

/** Asserts that both accepted it, as the same response. */
function assertSame(ours: Reading & { readonly accepted: true }, theirs: NodeReading): void {
  if (!theirs.accepted) throw new Error(`Node refuses it: ${theirs.why}`);
  assertEquals(
    { status: ours.status, fields: ours.fields, body: ours.body },
    { status: theirs.status, fields: theirs.fields, body: theirs.body },
  );
}

Deno.test("a response is read the same however it is split", async () => {
  const small = arbitraryResponse.filter(({ text }) => text.length <= 160);
  await check(
    1500,
    fc.asyncProperty(small, async ({ method, text }) => {
      const whole = await readPieces(method, [text]);
      for (const pieces of [...everyCut(text), [...text]]) {
        assertEquals(apart(await readPieces(method, pieces)), apart(whole), JSON.stringify(pieces));
      }
      // A byte after the end is noticed if it arrives with the end.
      if (whole.accepted) assertEquals(whole.clean, whole.left === 0);
    }),
  );
});

/** Returns a reading without what depends on how the bytes arrived. */
function apart(reading: Reading): unknown {
  return reading.accepted ? { ...reading, clean: undefined, unread: undefined } : reading;
}

/** Runs a property a number of times; a failure shows the seed and the smallest case that fails. */
async function check<Values>(count: number, property: fc.IAsyncProperty<Values>): Promise<void> {
  await fc.assert(property, runs(count));
}

Deno.test("large content is read as it was sent, whatever the size of its reads", async () => {
  // Sizes around those of a full read and of the pieces that reads are joined to.
  const size = fc.oneof(
    fc.integer({ min: 1, max: 40_000 }),
    fc.constantFrom(16_383, 16_384, 16_385, 65_536, 262_143, 262_144, 262_145, 300_000),
  );
  const kind = fc.constantFrom("length", "chunked", "close");
  const others = fc.array(fc.constantFrom(16_384, 16_384, 16_383, 5000, 1), { maxLength: 7 });
  const behind = fc.constantFrom("", "", "HTTP/1.1 200 OK\r\n\r\n");
  await check(
    400,
    fc.asyncProperty(size, kind, others, behind, fc.boolean(), async (size, kind, others, more, slow) => {
      const content = pattern(size);
      const text = { length: withLength, chunked: withChunks, close: untilClose }[kind](content);
      const all = kind === "close" ? text : text + more;
      // A few times longer than bytes wait for the next full read.
      let count = 0;
      const pause = () =>
        new Promise<void>((resolve) => {
          if (slow && ++count <= 20 && count % 5 === 0) setTimeout(resolve, 5);
          else resolve();
        });
      const sizes = [16_384, ...others];
      const reading = await readPieces("GET", cut(all, sizes), pause);
      if (!reading.accepted) throw new Error(reading.why);
      assert(Buffer.from(reading.body).equals(latin1(content)), `${reading.body.length} bytes`);
      // A byte after the end is noticed if it arrives with the end; the others are not waited for.
      assertEquals(reading.clean, reading.unread === all.length - text.length);
      const broken = await readPieces(
        "GET",
        cut(text.slice(0, -1), sizes),
        pause,
      );
      assertEquals(broken.accepted, kind === "close");
    }),
  );
});

/** Text that does not repeat itself at any short distance. */
function pattern(length: number): string {
  let text = "";
  for (let at = 0; text.length < length; at++) text += `${at.toString(36)}\r\n`;
  return text.slice(0, length);
}

function withLength(content: string): string {
  return `${OK}Content-Length: ${content.length}\r\n\r\n${content}`;
}

function untilClose(content: string): string {
  return `${OK}\r\n${content}`;
}

function withChunks(content: string): string {
  const chunks = [];
  let rest = content;
  for (let size = 1; rest !== ""; size = size * 7 % 50_021) {
    const part = rest.slice(0, size);
    rest = rest.slice(size);
    chunks.push(`${part.length.toString(16)}\r\n${part}\r\n`);
  }
  return `${CHUNKED}${chunks.join("")}0\r\n\r\n`;
}

Deno.test("Node's server reads a request as it was meant", async () => {
  await using node = startNodeServer();
  await check(
    2000,
    fc.asyncProperty(arbitraryRequest, async (asking) => {
      const { method, target, framing, content } = asking;
      const fields = new Headers(asking.fields.map(([name, text]) => [name, text]));
      const { requests, error } = await node.read(await written(asking, fields));
      assertEquals([requests.length, error], [1, null]);
      const [got] = requests;
      assertEquals({ ...got, fields: sorted(got?.fields ?? []) }, {
        method,
        target,
        fields: fieldsMeant(asking, fields, "api.test"),
        body: framing.kind === "none" ? new Uint8Array() : join(content),
        whole: true,
      });
    }),
  );
});

/** Returns the bytes that are sent to the upstream for a request. */
async function written(asking: SampleRequest, fields: Headers): Promise<readonly Uint8Array[]> {
  const { method, target, framing, content, route, appetite } = asking;
  const config = routeOf(route);
  const outgoing = requestFields(requestFieldRules(config), { headers: fields, framing });
  outgoing.push([config.authHeader, Secret.of(CREDENTIAL)]);
  const head = serializeRequestHead({ method, target, fields: outgoing });
  const socket = new FakeSocket([]);
  socket.writeLimit = appetite;
  const connection = new Connection(socket);
  await connection.writeHead(head);
  if (framing.kind !== "none") {
    // Copies: the memory of what has been sent is freed.
    const copies = ReadableStream.from(content.map((piece) => piece.slice()));
    const upload = new RequestBody(copies, { kind: "chunked" }, new UnfinishedUploads());
    await upload.send(connection, framing, () => {});
    assertEquals([upload.done, upload.failure], [true, undefined]);
  }
  return socket.written;
}
