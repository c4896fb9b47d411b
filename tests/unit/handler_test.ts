import { assert, assertEquals, assertRejects } from "@std/assert";
import { brotliCompressSync, crc32, gzipSync } from "node:zlib";
import { BufferBudget } from "../../lib/upstream/buffer_budget.ts";
import { Mask } from "../../lib/mask/mask.ts";
import { Secret } from "../../lib/core/secret.ts";
import type { LogEntry } from "../../lib/log/request_log.ts";
import { RequestBodyAborted } from "../../lib/upstream/errors.ts";
import { Connection } from "../../lib/upstream/connection.ts";
import { PIECE_LIMIT } from "../../lib/upstream/response_body.ts";
import { serializeRequestHead } from "../../lib/upstream/request_head.ts";
import {
  BadResponse,
  BadTunnelResponse,
  ClientDisconnected,
  UpstreamHungUp,
  UpstreamNotTls,
  UpstreamTimeout,
  UpstreamTlsFailed,
  UpstreamUntrusted,
} from "../../lib/upstream/errors.ts";
import type { UpstreamResponse } from "../../lib/upstream/transport.ts";
import { fromLatin1, latin1 } from "../support/bytes.ts";
import { CLIENT_INFO } from "../support/client_info.ts";
import { entryOf } from "../support/log_entry.ts";
import { within } from "../support/within.ts";
import {
  arrivedReplyOf,
  codeOf,
  connectionOf,
  handlerFor,
  type Pieces,
  replyOf,
  replyOn,
} from "../support/handler.ts";

Deno.test("handler() matches the longest prefix, and appends the rest of the path to the upstream's base", async () => {
  const { ask, sent } = handlerFor();
  const cases: [target: string, route: string, line: string][] = [
    ["/a/x", "/a/", "GET /v1/x HTTP/1.1"],
    ["/a/b/x?y=%2F", "/a/b/", "GET /v1/x?y=%2F HTTP/1.1"],
    ["/a/bx", "/a/", "GET /v1/bx HTTP/1.1"],
    ["/a/b", "/a/b/", "GET /v1/ HTTP/1.1"],
    ["/a?x", "/a/", "GET /v1/?x HTTP/1.1"],
    ["/b/a/b/", "/b/", "GET /v1/a/b/ HTTP/1.1"],
    ["/a//b/", "/a/", "GET /v1//b/ HTTP/1.1"],
  ];
  for (const [target] of cases) assertEquals((await ask(target)).status, 204);
  assertEquals(
    sent.map((request) => [request.route, serializeRequestHead(request).split("\r\n")[0]]),
    cases.map(([, ...rest]) => rest),
  );
});

Deno.test("handler() sends nothing where it refuses", async () => {
  const { ask, sent, limiter } = handlerFor();
  const cases: [target: string, init: RequestInit, answer: [number, string]][] = [
    ["/", {}, [404, "no_route"]],
    ["/A/x", {}, [404, "no_route"]],
    ["/ab/x", {}, [404, "no_route"]],
    ["/a/x", { headers: { host: "a/b" } }, [400, "bad_request"]],
    ["/a/x", { headers: { "content-length": "5, 5" }, method: "POST" }, [400, "bad_request"]],
    ["/a/x", { headers: { "content-length": "5" } }, [400, "bad_request"]],
    ["/a/x", { headers: { "content-length": "5" }, method: "HEAD" }, [400, "bad_request"]],
    ["/a/x", { headers: { "transfer-encoding": "gzip, chunked" }, method: "POST" }, [400, "bad_request"]],
    [
      "/a/x",
      { headers: { "transfer-encoding": "chunked", "content-length": "5" }, method: "POST" },
      [400, "bad_request"],
    ],
    ["/a/x", { headers: { upgrade: "websocket" } }, [426, "upgrade_not_served"]],
    ["/unset/x", {}, [500, "token_unset"]],
  ];
  for (const [target, init, answer] of cases) {
    assertEquals(await codeOf(await ask(target, init)), answer, target);
  }
  assertEquals([sent.length, limiter.inFlight], [0, 0]);
});

Deno.test("handler() takes a token from a WebSocket's query, and from that of no other request", async () => {
  const presented: (string | null)[] = [];
  const { ask } = handlerFor({
    authenticate: (fields) => {
      presented.push(fields.get("x-goog-api-key"));
      return undefined;
    },
  });
  await codeOf(await ask("/a/x?key=token"));
  await codeOf(await ask("/a/x?key=token", { headers: { upgrade: "websocket" } }));
  assertEquals(presented, [null, "token"]);
});

Deno.test("handler() serves no other host where everyone may use the routes", async () => {
  const { ask } = handlerFor();
  const rebound = await ask("/a/x", { headers: { host: "rebound.example.com" } });
  assertEquals(await codeOf(rebound), [421, "host_not_served"]);
});

Deno.test("handler() serves web pages only on a route that allows them, and tells them of no other", async () => {
  const { ask, sent } = handlerFor();
  const cases: [target: string, answer: [number, string | null]][] = [
    ["/web/x", [204, null]],
    ["/a/x", [403, "browser_refused"]],
    ["/nowhere", [403, "browser_refused"]],
  ];
  for (const [target, answer] of cases) {
    assertEquals(
      await codeOf(await ask(target, { headers: { origin: "http://localhost" } })),
      answer,
      target,
    );
  }
  assertEquals(sent.map(({ route }) => route), ["/web/"]);
});

Deno.test("handler() offers another protocol only where the client asks for a WebSocket", async () => {
  const { ask, sent } = handlerFor();
  const headers = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": btoa("0123456789abcdef"),
  };
  for (const init of [{}, { headers }]) await codeOf(await ask("/a/x", init));
  assertEquals(sent.map(({ upgrade }) => upgrade), [false, true]);
});

Deno.test("handler() sends a request once its credential has been added, and gives up what that put in place of its content if it fails", async () => {
  const cancelled: string[] = [];
  const { ask, sent } = handlerFor({
    credential: {
      async apply(request) {
        await new Promise((resolve) => setTimeout(resolve));
        request.fields.push(["added", "late"]);
        request.body = new ReadableStream({ cancel: () => void cancelled.push("body") });
      },
    },
    answer: () => Promise.reject(new UpstreamTimeout("late")),
  });
  await codeOf(await ask("/a/x", { method: "POST", body: "hello", headers: { "content-length": "5" } }));
  assertEquals([sent[0]?.fields.at(-1), cancelled], [["added", "late"], ["body"]]);
});

Deno.test("handler() names the variable of a token that is unset", async () => {
  const { ask } = handlerFor();
  const { error } = await (await ask("/unset/x")).json();
  assertEquals(error.message, "The token of this route is not set: UNSET_TOKEN is unset or empty");
});

Deno.test("handler() forwards content only where the framing announces some", async () => {
  const { ask, sent } = handlerFor();
  await ask("/a/x", { method: "POST", body: "hello", headers: { "content-length": "5" } });
  await ask("/a/x", { method: "POST", body: "hello", headers: { "transfer-encoding": "chunked" } });
  await ask("/a/x", { method: "POST", headers: { "content-length": "0" } });
  await ask("/a/x", { method: "POST" });
  await ask("/a/x");
  assertEquals(sent.map(({ framing, body }) => [framing, body !== null]), [
    [{ kind: "length", length: 5 }, true],
    [{ kind: "chunked" }, true],
    [{ kind: "length", length: 0 }, false],
    [{ kind: "none" }, false],
    [{ kind: "none" }, false],
  ]);
});

Deno.test("handler() maps failures of the upstream to 502 and 504, with the cause in the log alone", async () => {
  const cases: [error: Error, answer: [number, string]][] = [
    [new BadResponse("canary"), [502, "upstream_reply_refused"]],
    [new UpstreamUntrusted("canary"), [502, "upstream_tls_failed"]],
    [new UpstreamNotTls("canary"), [502, "upstream_tls_failed"]],
    [new UpstreamTlsFailed("canary"), [502, "upstream_tls_failed"]],
    [new BadTunnelResponse("canary"), [502, "upstream_failed"]],
    [new UpstreamHungUp("canary"), [502, "upstream_failed"]],
    [new TypeError("canary"), [502, "upstream_failed"]],
    [new Deno.errors.ConnectionRefused("canary"), [502, "upstream_failed"]],
    [new UpstreamTimeout("late", { cause: new Error("canary") }), [504, "upstream_timeout"]],
  ];
  for (const [error, answer] of cases) {
    const { ask, entries, limiter } = handlerFor({ answer: () => Promise.reject(error) });
    const response = await ask("/a/x?q");
    const text = JSON.stringify([...response.headers]) + await response.text();
    assert(!text.includes("canary"), text);
    assertEquals([response.status, response.headers.get("cred-proxy-error")], answer);
    const isFinal = answer[1] === "upstream_reply_refused" || answer[1] === "upstream_tls_failed";
    assertEquals(response.headers.get("x-should-retry"), isFinal ? "false" : null, error.name);
    const [entry] = entries;
    assertEquals([entry?.status, entry?.error, entry?.route, entry?.path], [...answer, "/a/", "/a/x"]);
    assert(entry?.cause?.includes("canary"), entry?.cause);
    assertEquals([entries.length, limiter.inFlight], [1, 0]);
  }
});

Deno.test("handler() admits requests up to the limit, and refuses while draining", async () => {
  const { promise, resolve } = Promise.withResolvers<UpstreamResponse>();
  const { ask, limiter } = handlerFor({ answer: () => promise, limit: 1 });
  const first = ask("/a/x");
  assertEquals(await codeOf(await ask("/a/x")), [503, "overloaded"]);
  assertEquals(limiter.inFlight, 1);
  // What needs no upstream needs no place in flight.
  assertEquals(await codeOf(await ask("/nowhere")), [404, "no_route"]);
  limiter.drain();
  assertEquals(await codeOf(await ask("/nowhere")), [503, "draining"]);
  resolve(replyOf("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  assertEquals((await first).status, 200);
  assertEquals(limiter.inFlight, 0);
});

Deno.test("handler() has idle connections closed when refusals of HEAD hold up others, and of nothing else", async () => {
  const original = performance.now.bind(performance);
  let later = 0;
  performance.now = () => original() + later;
  try {
    for (const [method, closings] of [["GET", 0], ["HEAD", 1]] as const) {
      const { ask, service } = handlerFor();
      let closed = 0;
      service.closeIdle = () => void closed++;
      // All in one turn of the event loop.
      await ask("/nowhere", { method });
      later += 300;
      await Promise.all(Array.from({ length: 100 }, () => ask("/nowhere", { method })));
      assertEquals(closed, closings, method);
    }
  } finally {
    performance.now = original;
  }
});

Deno.test("handler() logs the end of a request, whether its response came in one piece or not", async () => {
  const head = "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\n";
  const answers: [
    answer: () => UpstreamResponse | Promise<UpstreamResponse>,
    status: number,
    bytes: number,
  ][] = [
    [() => replyOf("HTTP/1.1 204 No Content\r\n\r\n"), 204, 0],
    [() => replyOf(head, ["hello"]), 404, 5],
    [() => arrivedReplyOf(head, ["hello"]), 404, 5],
    [() => arrivedReplyOf(head, ["hel", "lo"]), 404, 5],
  ];
  for (const [answer, status, bytes] of answers) {
    const { ask, entries, limiter } = handlerFor({ answer });
    await (await ask("/a/x?y")).text();
    assertEquals([entries.length, limiter.inFlight], [1, 0]);
    const { id, time, began, durationMs, firstByteMs, ...text } = entries[0] as LogEntry;
    assertEquals({ id, time, began, durationMs, firstByteMs, ...text }, {
      ...entryOf({ id, time, began, durationMs, firstByteMs }),
      path: "/a/x",
      token: "SET_TOKEN#0",
      status,
      bytesDown: bytes,
    });
  }
});

Deno.test("handler() counts a request as in flight until its response has ended, however it ends", async () => {
  const head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
  const cases: [
    pieces: Pieces,
    end: (response: Response) => Promise<unknown>,
    outcome: string,
    bytes: number,
  ][] = [
    [["hello", "world"], (response) => response.text(), "complete", 10],
    [["hello"], (response) => response.text().catch(() => {}), "upstream_aborted", 5],
    [["hello", new Error("reset")], (response) => response.text().catch(() => {}), "upstream_aborted", 5],
    [["hello", "world"], (response) => Promise.resolve(response.body?.cancel()), "client_aborted", 0],
  ];
  for (const [pieces, end, outcome, bytes] of cases) {
    const { ask, entries, limiter } = handlerFor({ answer: () => replyOf(head, pieces) });
    const response = await ask("/a/x");
    assertEquals([limiter.inFlight, entries.length], [1, 0], outcome);
    await end(response);
    assertEquals([limiter.inFlight, entries.length], [0, 1], outcome);
    const [entry] = entries;
    assertEquals([entry?.outcome, entry?.bytesDown, entry?.status, entry?.reused], [
      outcome,
      bytes,
      200,
      true,
    ]);
  }
});

Deno.test("handler() forwards content of any length, however much of it came with the head", async () => {
  for (const content of ["", "x", "xy", "x".repeat(5000)]) {
    const head = `HTTP/1.1 200 OK\r\nContent-Length: ${content.length}\r\n\r\n`;
    for (const first of [1, content.length]) {
      const pieces = [content.slice(0, first), content.slice(first)].filter((piece) => piece !== "");
      const answer = () => content === "" ? replyOf(head) : arrivedReplyOf(head, pieces);
      const { ask } = handlerFor({ answer });
      assertEquals(await (await ask("/a/x")).text(), content, `${first} of ${content.length}`);
    }
  }
});

Deno.test("handler() forwards in one piece what has arrived, even where it filled a read", async () => {
  const content = "x".repeat(16 * 1024);
  const { ask, entries } = handlerFor({
    answer: () => arrivedReplyOf(`HTTP/1.1 200 OK\r\nContent-Length: ${content.length}\r\n\r\n`, [content]),
  });
  const response = await ask("/a/x");
  assertEquals([entries[0]?.outcome, entries[0]?.bytesDown], ["complete", content.length]);
  assertEquals(await response.text(), content);
});

Deno.test("handler() forwards a response that began before its upload had ended, however it is cut", async () => {
  const head = "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n";
  const pieces = ["early", "later", "after"];
  // The upload ends while this piece is awaited.
  for (let settledAt = 0; settledAt <= pieces.length; settledAt++) {
    const settled = Promise.withResolvers<void>();
    let reads = 0;
    const connection = new Connection({
      async read(buffer) {
        if (reads === settledAt) {
          settled.resolve();
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        const piece = pieces[reads++];
        if (piece === undefined) return null;
        buffer.set(latin1(piece));
        return piece.length;
      },
      write: (bytes) => Promise.resolve(bytes.length),
      close() {},
    });
    if (settledAt === pieces.length) setTimeout(() => settled.resolve(), 5);
    const upload = {
      isRead: true,
      abandon: () => Promise.resolve(false),
      settled: () => settled.promise,
      beginStream() {},
      cancelStream() {},
      endStream: () => Promise.resolve(false),
    };
    const answer = () => ({ ...replyOn(connection, head), upload });
    const { ask, entries } = handlerFor({ answer });
    assertEquals(await (await ask("/a/x")).text(), pieces.join(""), `piece ${settledAt}`);
    assertEquals([entries[0]?.outcome, entries[0]?.bytesDown], ["complete", 15]);
  }
});

Deno.test("handler() begins no stream of a response that it refuses, or that can't be streamed", async () => {
  const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n";
  const cases = [
    [`${head}Content-Encoding: gzip\r\n\r\n`, undefined, []],
    [`${head}\r\n`, new RequestBodyAborted("Too many"), []],
  ] as const;
  for (const [text, error, wanted] of cases) {
    const calls: string[] = [];
    const upload = {
      isRead: true,
      abandon: () => Promise.resolve(false),
      settled: () => Promise.resolve(),
      beginStream() {
        if (error !== undefined) throw error;
        calls.push("begin");
      },
      cancelStream: () => void calls.push("cancel"),
      endStream: (end: string) => (calls.push(end), Promise.resolve(false)),
    };
    const { ask } = handlerFor({
      answer: () => ({ ...replyOf(text, ["5\r\nhello\r\n", "3\r\nyou\r\n0\r\n\r\n"]), upload }),
      mask: { current: Mask.of([{ text: Secret.of("some-secret-token") }]) },
    });
    const response = await ask("/a/x");
    assertEquals([response.status, calls.filter((call) => call !== "cancel")], [502, wanted], text);
    await response.body?.cancel();
  }
});

Deno.test("handler() fails a response that was cut short, so that it does not look complete", async () => {
  const { ask } = handlerFor({
    answer: () => replyOf("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", ["hello"]),
  });
  const failed = await (await ask("/a/x")).text().then(() => false, () => true);
  assert(failed);
});

Deno.test("handler() masks a stream that began before the table's first token was there", async () => {
  const mask: { current: Mask | undefined } = { current: undefined };
  const { ask } = handlerFor({
    answer: () => arrivedReplyOf("HTTP/1.1 200 OK\r\n\r\n", ["one ", "two late-token"]),
    mask,
  });
  const response = await ask("/a/x");
  mask.current = Mask.of([{ text: Secret.of("late-token") }]);
  assertEquals(await response.text(), "one two **********");
});

Deno.test("handler() decodes a coding for each of several fields that name one, to search the content", async () => {
  const content = fromLatin1(brotliCompressSync(gzipSync("the some-secret-token")));
  const mask = { current: Mask.of([{ text: Secret.of("some-secret-token") }]) };
  const fields = (...codings: string[]) =>
    codings.map((coding) => `Content-Encoding: ${coding}\r\n`).join("");
  for (const [codings, wanted] of [[["gzip", "br"], 502], [["br", "gzip"], 502], [["br"], 200]] as const) {
    const { ask } = handlerFor({
      answer: () => arrivedReplyOf(`HTTP/1.1 200 OK\r\n${fields(...codings)}\r\n`, [content]),
      mask,
    });
    const response = await ask("/a/x");
    assertEquals(response.status, wanted, codings.join());
    await response.body?.cancel();
  }
});

Deno.test("handler() responds with 502 to an invalid status", async () => {
  for (const status of [600, 999]) {
    const { ask, limiter } = handlerFor({ answer: () => replyOf(`HTTP/1.1 ${status} Odd\r\n\r\n`) });
    assertEquals(await codeOf(await ask("/a/x")), [502, "upstream_reply_refused"]);
    assertEquals(limiter.inFlight, 0);
  }
});

Deno.test("handler() logs a client that disconnected before there was a response", async () => {
  const { ask, entries, limiter } = handlerFor({
    answer: () => Promise.reject(new ClientDisconnected("left")),
  });
  await ask("/a/x");
  assertEquals([entries[0]?.outcome, entries.length, limiter.inFlight], ["client_aborted", 1, 0]);
});

Deno.test("handler() logs no query, no field and no content", async () => {
  const { ask, entries } = handlerFor();
  await ask("/a/x?canary", {
    method: "POST",
    body: "canary",
    headers: { "content-length": "6", "x-field": "canary", authorization: "canary" },
  });
  await ask("/a/x/../y\\?canary", { headers: { host: "canary/x" } });
  assertEquals(entries.length, 2);
  assert(!JSON.stringify(entries).includes("canary"), JSON.stringify(entries));
});

Deno.test("handler() gives the request the same name in the log and in a refusal", async () => {
  const { ask, entries } = handlerFor();
  const refused = await ask("/nowhere");
  const answered = await ask("/a/x");
  assertEquals(refused.headers.get("cred-proxy-request-id"), entries[0]?.id);
  assertEquals(answered.headers.get("cred-proxy-request-id"), null);
  assertEquals(new Set(entries.map(({ id }) => id)).size, 2);
});

Deno.test("handler() logs the upstream, the bytes sent to it, and the time to the response's head", async () => {
  const { ask, entries } = handlerFor({
    answer: async (request) => {
      request.onBodySent(5);
      request.onBodySent(7);
      await new Promise((resolve) => setTimeout(resolve, 20));
      return replyOf("HTTP/1.1 204 No Content\r\n\r\n");
    },
  });
  await ask("/a/x");
  await ask("/nowhere");
  const [answered, refused] = entries;
  assertEquals([answered?.upstream, answered?.bytesUp], ["api.test", 12]);
  assert(answered!.firstByteMs! >= 19 && answered!.durationMs >= answered!.firstByteMs!);
  assertEquals([refused?.upstream, refused?.bytesUp, refused?.firstByteMs], [undefined, 0, undefined]);
});

Deno.test("handler() does not change the request", async () => {
  const { handle, sent } = handlerFor();
  const headers = { host: "proxy", authorization: "mine", connection: "x-foo", "x-foo": "1" };
  const request = new Request("http://proxy/a/x", { headers });
  await handle(request, CLIENT_INFO);
  assertEquals([...request.headers], Object.entries(headers).toSorted());
  assert(!serializeRequestHead(sent[0]!).includes("mine"));
});

Deno.test("handler() ends a request even where it fails to refuse it", async () => {
  const mask = {
    get current(): undefined {
      throw new RangeError("no memory for a mask");
    },
  };
  const { ask, entries, limiter } = handlerFor({
    answer: () => Promise.reject(new BadResponse("bad")),
    mask,
  });
  await assertRejects(() => ask("/a/x"), RangeError);
  assertEquals([entries[0]?.status, entries.length, limiter.inFlight], [502, 1, 0]);
});

Deno.test("handler() responds with 502 to any failure on the upstream's side", async () => {
  const { ask } = handlerFor({ answer: () => Promise.reject("no error at all") });
  assertEquals(await codeOf(await ask("/a/x")), [502, "upstream_failed"]);
});

Deno.test("handler() responds with 500 to a failure of its own, and logs the cause", async () => {
  const { handle, entries, limiter } = handlerFor();
  const request = {
    method: "GET",
    headers: new Headers({ host: "proxy" }),
    body: null,
    get url(): string {
      throw new TypeError("canary");
    },
  };
  const response = await handle(request as Request, CLIENT_INFO);
  assertEquals([response.status, response.headers.get("cred-proxy-error")], [500, "internal"]);
  assert(!(await response.text()).includes("canary"));
  assertEquals([entries[0]?.status, entries[0]?.cause, limiter.inFlight], [500, "TypeError: canary", 0]);
});

Deno.test("handler() cuts a request whose response waits for the end of its upload", async () => {
  const closed = Promise.withResolvers<null>();
  const connection = new Connection({
    read: () => closed.promise,
    write: (bytes) => Promise.resolve(bytes.length),
    close: () => closed.resolve(null),
  });
  const { ask, service, limiter, entries } = handlerFor({
    answer: () => ({
      ...replyOn(connection, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", () => connection.close()),
      upload: {
        isRead: true,
        abandon: () => Promise.resolve(false),
        settled: () => new Promise<void>(() => {}),
        beginStream() {},
        cancelStream() {},
        endStream: () => Promise.resolve(false),
      },
    }),
  });
  const asked = ask("/a/x");
  while (entries.length === 0 && ![...service.spans].some(({ entry }) => entry.status > 0)) {
    await new Promise((resolve) => setTimeout(resolve));
  }
  for (const span of service.spans) span.cut("revoked");
  assertEquals(await codeOf(await within(asked, "The end of the request")), [401, "client_token_required"]);
  assertEquals([entries[0]?.outcome, limiter.inFlight], ["revoked", 0]);
});

/** A budget with room for one decoder of gzip, which something else takes. */
function fullBudget(patienceMs?: number) {
  const budget = new BufferBudget(192 * 1024, () => 1, patienceMs);
  budget.take(192 * 1024);
  return budget;
}

/** A response in gzip. */
function gzipReply(): UpstreamResponse {
  const coded = fromLatin1(gzipSync("content\n"));
  return replyOf(
    `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${coded.length}\r\n\r\n`,
    [coded],
  );
}

const MASKED = {
  current: Mask.of([{ text: Secret.of("canary-of-a-secret") }]),
};

Deno.test("handler() keeps a coded response waiting for a decoder, longer than for its first bytes", async () => {
  const budget = fullBudget();
  const { ask, entries } = handlerFor({ answer: gzipReply, mask: MASKED, budget });
  const asked = ask("/a/x", { method: "POST" });
  // The head is sent 100 ms after that of the upstream otherwise, and then nothing can be said any more.
  const later = new Promise((resolve) => setTimeout(resolve, 150));
  assertEquals(await Promise.race([asked, later]), undefined);
  budget.free(192 * 1024);
  const response = await within(asked, "The response");
  assertEquals([response.status, await response.bytes()], [
    200,
    new Uint8Array(gzipSync("content\n")),
  ]);
  assertEquals([entries[0]?.outcome, budget.used], ["complete", 0]);
});

Deno.test("handler() refuses a coded response that waited for a decoder in vain, with a reason", async () => {
  const why = ": the memory for content (CRED_PROXY_BUFFER_MB) is used up";
  const cases = [["GET", 503, "overloaded"], ["POST", 502, "upstream_reply_refused"]] as const;
  for (const [method, status, code] of cases) {
    const { ask, entries } = handlerFor({ answer: gzipReply, mask: MASKED, budget: fullBudget(150) });
    const response = await within(ask("/a/x", { method }), "The response");
    assertEquals([response.status, response.headers.get("cred-proxy-error")], [status, code]);
    assert((await response.json()).error.message.endsWith(why));
    assert(entries[0]?.cause?.endsWith("no room in CRED_PROXY_BUFFER_MB"), entries[0]?.cause);
  }
});

Deno.test("handler() ends the wait for a decoder when the request is cut", async () => {
  const budget = fullBudget();
  const { ask, service, limiter, entries } = handlerFor({ answer: gzipReply, mask: MASKED, budget });
  const asked = ask("/a/x");
  while (![...service.spans].some(({ entry }) => entry.status > 0)) {
    await new Promise((resolve) => setTimeout(resolve));
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
  for (const span of service.spans) span.cut("revoked");
  const response = await within(asked, "The end of the request", 2_000);
  assertEquals(await codeOf(response), [401, "client_token_required"]);
  assertEquals([entries[0]?.outcome, limiter.inFlight], ["revoked", 0]);
  budget.free(192 * 1024);
  assertEquals(budget.used, 0);
});

Deno.test("handler() gives up the upload of a request that is ended as its response arrives, and refuses it as a whole", async () => {
  let isGivenUp = false;
  const upload = {
    isRead: false,
    abandon: () => Promise.resolve(isGivenUp = true),
    settled: () => Promise.resolve(),
    beginStream() {},
    cancelStream() {},
    endStream: () => Promise.resolve(false),
  };
  const { ask, service } = handlerFor({
    answer: () => {
      for (const span of service.spans) span.cut("overloaded");
      return { ...replyOf("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"), upload };
    },
  });
  const response = await ask("/a/x");
  assertEquals(response.headers.get("cred-proxy-error"), "overloaded");
  assertEquals([response.status, (await response.text()) !== "", isGivenUp], [503, true, true]);
});

Deno.test("handler() ends the connection of a request that is ended for the memory, unless its upload was given up or the client is revoked", async () => {
  for (
    const [reason, onContentAbandoned, isWhole] of [
      ["overloaded", false, false],
      ["overloaded", true, true],
      ["revoked", false, true],
    ] as const
  ) {
    const { ask, service } = handlerFor({
      answer: (request) => {
        for (const span of service.spans) span.cut(reason);
        if (onContentAbandoned) request.onContentAbandoned?.();
        return replyOf("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
      },
    });
    const whole = (await ask("/a/x")).text().then(() => true, () => false);
    assertEquals(await whole, isWhole, reason);
  }
});

Deno.test("handler() sends nothing for a request that was cut before", async () => {
  const { handle, service, sent, entries } = handlerFor();
  const body = new TransformStream<Uint8Array, Uint8Array>();
  // As in HTTP/2: nothing announces the content, so it is awaited.
  const request = new Request("http://proxy/a/x", {
    method: "POST",
    headers: { host: "proxy" },
    body: body.readable,
  });
  const handled = handle(request, CLIENT_INFO);
  while ([...service.spans].length === 0) await new Promise((resolve) => setTimeout(resolve));
  for (const span of service.spans) span.cut("overloaded");
  body.writable.getWriter().write(latin1("x")).catch(() => {});
  assertEquals(await within(Promise.resolve(handled), "A response").then(({ status }) => status), 503);
  assertEquals([sent.length, entries[0]?.outcome], [0, "overloaded"]);
});

Deno.test("handler() joins no more of a response than 32 KiB where the memory for streams is used up, and 256 KiB at most", async () => {
  const full = "x".repeat(16 * 1024);
  const pieces: Pieces = Array.from({ length: 40 }, () => full);
  for (const [budget, longest] of [[0, 32 * 1024], [1e9, PIECE_LIMIT]] as const) {
    const { ask } = handlerFor({
      answer: () => arrivedReplyOf(`HTTP/1.1 200 OK\r\nContent-Length: ${40 * full.length}\r\n\r\n`, pieces),
      budget: new BufferBudget(budget),
    });
    const lengths: number[] = [];
    for await (const piece of (await ask("/a/x")).body!) lengths.push(piece.length);
    // They are shorter where a read takes its time.
    assert(Math.max(...lengths) <= longest, `${lengths}`);
    assertEquals(lengths.reduce((sum, each) => sum + each), 40 * full.length);
  }
});

Deno.test("handler() joins no more of a coded response than 32 KiB, so that little of it waits until it is clear", async () => {
  const coded = fromLatin1(gzipSync(crypto.getRandomValues(new Uint8Array(60_000)).toHex()));
  const pieces: string[] = [];
  for (let at = 0; at < coded.length; at += 16 * 1024) pieces.push(coded.slice(at, at + 16 * 1024));
  const head = `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${coded.length}\r\n\r\n`;
  const { ask } = handlerFor({ answer: () => arrivedReplyOf(head, pieces), mask: MASKED });
  const lengths: number[] = [];
  for await (const piece of (await ask("/a/x")).body!) lengths.push(piece.length);
  assertEquals(lengths.reduce((sum, each) => sum + each), coded.length);
  assert(Math.max(...lengths) <= 32 * 1024, `${lengths}`);
});

Deno.test("handler() forwards a frame of AWS's event streams as soon as it is whole, whatever its last bytes are", async () => {
  // A frame without headers, whose checksum ends in a letter: elsewhere that may begin a secret.
  const bytes = new Uint8Array(16 + 4);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length);
  view.setUint32(8, crc32(bytes.subarray(0, 8)));
  for (let count = 0; !/[a-z]/.test(String.fromCharCode(bytes.at(-1)!)); count++) {
    view.setUint32(12, count);
    view.setUint32(16, crc32(bytes.subarray(0, -4)));
  }
  for (
    const [type, atOnce] of [
      ["application/vnd.amazon.eventstream", true],
      ["application/vnd.amazon.eventstream; charset=utf-8", true],
      ["text/plain", false],
    ] as const
  ) {
    const connection = connectionOf([fromLatin1(bytes)]);
    await connection.fill();
    const rest = Promise.withResolvers<number>();
    connection.fill = () => rest.promise;
    const { ask } = handlerFor({
      answer: () => replyOn(connection, `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\n\r\n`),
      mask: { current: Mask.of([{ text: Secret.of("some-secret-token") }]) },
    });
    const reader = (await ask("/a/x")).body!.getReader();
    const first = reader.read().then(({ value }) => value?.length);
    const soon = new Promise((resolve) => setTimeout(resolve, 20)).then(() => undefined);
    const length = await (atOnce ? within(first, "The frame") : Promise.race([first, soon]));
    assertEquals(length === bytes.length, atOnce, `${length} bytes of ${type}`);
    rest.resolve(0);
    await first;
    await reader.cancel();
  }
});

Deno.test("handler() takes note of the upstream's name for a request only where clients are logged", async () => {
  for (const logsClient of [false, true]) {
    const { ask, entries } = handlerFor({
      answer: () => replyOf("HTTP/1.1 204 No Content\r\nX-Request-Id: of-upstream\r\n\r\n"),
      logsClient,
    });
    await ask("/a/x");
    assertEquals(entries[0]?.upstreamRequestId, logsClient ? "of-upstream" : undefined);
  }
});
