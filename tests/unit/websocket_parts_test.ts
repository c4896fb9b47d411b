import { assert, assertEquals, assertThrows } from "@std/assert";
import { presentedFields } from "../../lib/proxy/websocket/presented_fields.ts";
import { parseSubprotocols, splitSubprotocols } from "../../lib/proxy/websocket/subprotocols.ts";
import { Refusal } from "../../lib/http/refusal.ts";
import { WebSocketViolation } from "../../lib/upstream/errors.ts";
import type { DataEvent } from "../../lib/upstream/websocket/frame_decoder.ts";
import { isLarge, MessageBudget } from "../../lib/upstream/websocket/message_budget.ts";
import { MessageBuffer } from "../../lib/upstream/websocket/message_buffer.ts";

const MIB = 1024 * 1024;

function part(bytes: Uint8Array<ArrayBuffer>, remaining: number, last = false): DataEvent {
  return { kind: "data", text: false, bytes, remaining, last };
}

Deno.test("MessageBuffer takes memory for what has arrived, at most twice as much, and not for what is announced", () => {
  const budget = new MessageBudget(MIB);
  const buffer = new MessageBuffer(budget);
  // 60 MiB are announced, and the budget is for one.
  for (let count = 0; count < 32; count++) buffer.add(part(new Uint8Array(16 * 1024), 60 * MIB));
  assertEquals(budget.take(MIB / 2), true);
});

Deno.test("MessageBuffer copies a message of a hundred thousand fragments only some times", () => {
  const buffer = new MessageBuffer(new MessageBudget(MIB));
  const { transfer } = ArrayBuffer.prototype;
  let copies = 0;
  ArrayBuffer.prototype.transfer = function (size) {
    copies++;
    return transfer.call(this, size);
  };
  try {
    for (let count = 0; count < 100_000; count++) buffer.add(part(Uint8Array.of(count), 0));
    assertEquals(copies <= 10, true, `${copies} copies`);
    // Nor if more is announced each time, but only a little.
    for (let count = 0; count < 100_000; count++) buffer.add(part(Uint8Array.of(count), 1));
    assertEquals(copies <= 20, true, `${copies} copies`);
  } finally {
    ArrayBuffer.prototype.transfer = transfer;
  }
  assertEquals(buffer.add(part(Uint8Array.of(7), 0, true))?.bytes.length, 200_001);
});

Deno.test("MessageBuffer rejects a large message with 1013 when the budget is used up, and gives back what it took", () => {
  const budget = new MessageBudget(4 * MIB);
  const first = new MessageBuffer(budget);
  const second = new MessageBuffer(budget);
  first.add(part(new Uint8Array(3 * MIB), 0));
  const error = assertThrows(() => second.add(part(new Uint8Array(2 * MIB), 0)), WebSocketViolation);
  assertEquals([error.code, error.message], [1013, "too many large messages at once"]);
  // A small one needs no budget.
  second.release();
  second.add(part(new Uint8Array(1000), 0));
  first.release();
  assertEquals(budget.take(4 * MIB), true);
});

Deno.test("MessageBuffer joins the parts of each message", () => {
  const buffer = new MessageBuffer(new MessageBudget(MIB));
  for (const length of [10, 100_000, 20]) {
    for (let at = 0; at < length - 1; at++) buffer.add(part(Uint8Array.of(at), 0));
    const message = buffer.add(part(Uint8Array.of(7), 0, true));
    assertEquals(message?.bytes, Uint8Array.from({ length }, (_, at) => at === length - 1 ? 7 : at));
    buffer.release();
  }
});

/** A budget that knows how much is taken. */
class CountedBudget extends MessageBudget {
  taken = 0;

  override take(bytes: number): boolean {
    const taken = super.take(bytes);
    if (taken) this.taken += bytes;
    return taken;
  }

  override give(bytes: number): void {
    super.give(bytes);
    this.taken -= bytes;
  }
}

const KIB = 1024;

Deno.test("MessageBuffer grows to what the message needs, if that is an eighth more and known, and else to twice its size", () => {
  // How large it is, how much arrives then, how much is still to come, and how large it has to be.
  const cases: [first: number, more: number, remaining: number, grown: number][] = [
    [800 * KIB, 10 * KIB, 390 * KIB, 1200 * KIB],
    [800 * KIB, 10 * KIB, 150 * KIB, 960 * KIB],
    [800 * KIB, 10 * KIB, 90 * KIB + 1, 900 * KIB + 1],
    [800 * KIB, 10 * KIB, 90 * KIB, 1600 * KIB],
    [800 * KIB, 10 * KIB, 0, 1600 * KIB],
    [800 * KIB, 10 * KIB, 2000 * KIB, 1600 * KIB],
    [800 * KIB, 1000 * KIB, 0, 1800 * KIB],
  ];
  for (const [first, more, remaining, grown] of cases) {
    const budget = new CountedBudget(8 * MIB);
    const buffer = new MessageBuffer(budget);
    buffer.add(part(new Uint8Array(first), 0));
    assertEquals(budget.taken, first);
    buffer.add(part(new Uint8Array(more), remaining));
    assertEquals(budget.taken, grown, `${first} ${more} ${remaining}`);
    buffer.release();
    buffer.release();
    assertEquals(budget.taken, 0);
  }
});

Deno.test("a message is counted if it is longer than 256 KiB, up to the last byte of the budget", () => {
  assertEquals([isLarge(256 * KIB), isLarge(256 * KIB + 1)], [false, true]);
  const budget = new MessageBudget(10);
  assertEquals([budget.take(11), budget.take(6), budget.take(5), budget.take(4)], [false, true, false, true]);
  budget.give(6);
  assertEquals([budget.take(7), budget.take(6)], [false, true]);
});

Deno.test("MessageBuffer copies no message that comes in one part, and joins one of two bytes", () => {
  const buffer = new MessageBuffer(new MessageBudget(MIB));
  const whole = Uint8Array.of(1, 2);
  assert(buffer.add(part(whole, 0, true))?.bytes === whole);
  assertEquals(buffer.add(part(Uint8Array.of(1), 1)), undefined);
  assertEquals(buffer.add(part(Uint8Array.of(2), 0, true)), { text: false, bytes: whole });
});

Deno.test("MessageBuffer frees large memory with its message, and keeps 16 KiB for the next", () => {
  const budget = new CountedBudget(MIB);
  const buffer = new MessageBuffer(budget);
  const join = (length: number) => {
    buffer.add(part(new Uint8Array(length - 1), 1));
    return buffer.add(part(new Uint8Array(1), 0, true))!.bytes.buffer;
  };
  const [large, small] = [300 * KIB, 16 * KIB];
  const first = join(large);
  buffer.free();
  // The budget counts it until the next message is read.
  assertEquals([first.detached, budget.taken], [true, 2 * (large - 1)]);
  buffer.release();
  assertEquals(budget.taken, 0);
  const kept = join(small);
  buffer.release();
  assert(!kept.detached && join(small) === kept);
  buffer.release();
  const larger = join(small + 1);
  buffer.release();
  assert(larger.detached);
});

Deno.test("parseSubprotocols() leaves out those by which clients send a credential", () => {
  const cases: readonly [offered: string | null, forwarded: readonly string[]][] = [
    [null, []],
    ["realtime, openai-insecure-api-key.sk-x, openai-beta.realtime-v1", [
      "realtime",
      "openai-beta.realtime-v1",
    ]],
    ["v5.channel.k8s.io,base64url.bearer.authorization.k8s.io.dG9rZW4", ["v5.channel.k8s.io"]],
    ["access_token, eyJhbGciOi.x.y", []],
    ["graphql-ws, Bearer, abc, graphql-transport-ws", ["graphql-ws", "graphql-transport-ws"]],
    ["token.abc", []],
    // However they are spelled, and only as a whole word where that is what announces one.
    ["OpenAI-Insecure-API-Key.x, TOKEN.y, Base64URL.Bearer.Authorization.K8S.io.z, a", ["a"]],
    ["BASIC, x, b", ["b"]],
    ["my-token, x", ["my-token", "x"]],
    ["tokens, x", ["tokens", "x"]],
    ["mytoken.x, xjwt.y", ["mytoken.x", "xjwt.y"]],
    ["chat, superchat, mqtt, v1.kernel.websocket.jupyter.org", [
      "chat",
      "superchat",
      "mqtt",
      "v1.kernel.websocket.jupyter.org",
    ]],
  ];
  for (const [offered, forwarded] of cases) {
    assertEquals(parseSubprotocols(offered), forwarded, String(offered));
  }
});

Deno.test("splitSubprotocols() finds the credentials, without what announces them", () => {
  const cases: readonly [offered: string, credentials: readonly string[]][] = [
    ["realtime, openai-insecure-api-key.sk-x, openai-beta.realtime-v1", ["sk-x"]],
    ["base64url.bearer.authorization.k8s.io.dG9rZW4, v5.channel.k8s.io", ["dG9rZW4"]],
    ["access_token, eyJhbGciOi.x.y", ["eyJhbGciOi.x.y"]],
    ["Bearer, token, x", ["token"]],
    ["api-key.a, token, b, api-key.c", ["a", "b", "c"]],
    ["chat", []],
  ];
  for (const [offered, credentials] of cases) {
    assertEquals(splitSubprotocols(offered).credentials, credentials, offered);
  }
});

Deno.test("parseSubprotocols() rejects what is no list of tokens", () => {
  for (const offered of ["", "a,", "a b", "a;b", '"a"']) {
    const error = assertThrows(() => parseSubprotocols(offered), Refusal);
    assertEquals([error.code, error.subject], [
      "bad_request",
      "its Sec-WebSocket-Protocol is not a list of tokens",
    ]);
  }
});

Deno.test("presentedFields() takes a subprotocol or the query's key for a field that the client did not send", () => {
  const protocol = { "Sec-WebSocket-Protocol": "realtime, openai-insecure-api-key.mine" };
  const get = (fields: Record<string, string>, query: string) => {
    const presented = presentedFields(new Headers(fields), query);
    return ["authorization", "api-key", "x-goog-api-key"].map((name) => presented.get(name));
  };
  assertEquals(get({}, ""), [null, null, null]);
  assertEquals(get({}, "?key="), [null, null, ""]);
  // That is another name.
  assertEquals(get({}, "??key=k"), [null, null, null]);
  assertEquals(get(protocol, "?a=b&key=k%2Fey"), [null, "mine", "k/ey"]);
  assertEquals(get({ ...protocol, Authorization: "a", "Api-Key": "b", "X-Goog-Api-Key": "c" }, "?key=k"), [
    "a",
    "b",
    "c",
  ]);
});
