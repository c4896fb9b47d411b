/**
 * The vendors' own clients through the service, against an HTTPS upstream shaped like their APIs.
 *
 * @module
 */

import Anthropic from "@anthropic-ai/sdk";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import OpenAI from "openai";
import { type Authority, makeAuthority } from "../support/authority.ts";
import { type Service, startService } from "../support/service.ts";
import { type Script, startUpstream, type Upstream } from "../support/upstream.ts";
import { within } from "../support/within.ts";

const TOKEN = "real-Vb6Xn2KwQ9sT4yRm";
/** The key that the client is configured with; it must never reach the upstream. */
const SENTINEL = "sentinel-Zk8Wp3Hd7JcF5uLe";

const QUESTION = { model: "m", messages: [{ role: "user" as const, content: "Is the proxy there?" }] };
const WORDS = ["The ", "proxy ", "is ", "not ", "there; ", "déjà ", "vu ", "👻"];
const MESSAGE = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "m",
  content: [{ type: "text", text: WORDS.join("") }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 7, output_tokens: 8 },
};
const COMPLETION = {
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: "m",
  choices: [{ index: 0, message: { role: "assistant", content: WORDS.join("") }, finish_reason: "stop" }],
};

/** One of the clients: how to call it, and what its API is like. */
interface Client {
  readonly name: string;
  /** The target that the API expects. */
  readonly target: string;
  /** The only credential fields that the upstream must get. */
  readonly credential: Readonly<Record<string, string>>;
  /** The response to a request that is not streamed. */
  readonly whole: unknown;
  /** The events of a streamed response, as the client returns them. */
  readonly events: readonly unknown[];
  /** Renders an event as the API does. */
  render(event: unknown): string;
  /** What the API sends after the last event. */
  readonly lastEvent: string;
  /** Sends a request through a base URL, with the sentinel as key. */
  ask(base: string, fetching?: typeof fetch): Promise<unknown>;
  /** Sends the same request, streamed. */
  stream(base: string): Promise<AsyncIterable<unknown> & { readonly controller: AbortController }>;
  /** The base URL of a route. */
  base(service: Service, route?: string): string;
}

const CLIENTS: readonly Client[] = [{
  name: "@anthropic-ai/sdk",
  target: "/v1/messages",
  credential: { "x-api-key": TOKEN },
  whole: MESSAGE,
  events: [
    { type: "message_start", message: { ...MESSAGE, content: [] } },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    ...WORDS.map((text) => ({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } })),
    { type: "content_block_stop", index: 0 },
    { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 8 } },
    { type: "message_stop" },
  ],
  render: (event) => `event: ${(event as { type: string }).type}\ndata: ${JSON.stringify(event)}\n\n`,
  lastEvent: "",
  ask: (base, fetching) => anthropic(base, fetching).messages.create({ ...QUESTION, max_tokens: 99 }),
  stream: (base) => anthropic(base).messages.create({ ...QUESTION, max_tokens: 99, stream: true }),
  base: (service, route = "anthropic") => `${service.url}/${route}`,
}, {
  name: "openai",
  target: "/v1/chat/completions",
  credential: { authorization: `Bearer ${TOKEN}` },
  whole: COMPLETION,
  events: WORDS.map((content) => ({
    ...COMPLETION,
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta: { content }, finish_reason: null }],
  })),
  render: (event) => `data: ${JSON.stringify(event)}\n\n`,
  lastEvent: "data: [DONE]\n\n",
  ask: (base, fetching) => openai(base, fetching).chat.completions.create(QUESTION),
  stream: (base) => openai(base).chat.completions.create({ ...QUESTION, stream: true }),
  base: (service, route = "openai") => `${service.url}/${route}/v1`,
}];

const REFUSALS = [
  { route: "nowhere", status: 404, text: "No route" },
  { route: "forgotten", status: 500, text: "FORGOTTEN_TOKEN" },
];

for (const client of CLIENTS) {
  Deno.test(`${client.name} gets each event before the upstream sends the next`, async () => {
    const receipts = client.events.map(() => Promise.withResolvers<void>());
    await using api = await openApi(async (exchange) => {
      await exchange.respond(200, { "Content-Type": "text/event-stream", "Transfer-Encoding": "chunked" });
      for (const [at, event] of client.events.entries()) {
        await exchange.writeChunk(client.render(event));
        await within(receipts[at]?.promise ?? Promise.reject(), `The client's receipt of event ${at}`);
      }
      if (client.lastEvent) await exchange.writeChunk(client.lastEvent);
      await exchange.writeChunk();
    });
    const got: unknown[] = [];
    async function listen(): Promise<void> {
      for await (const event of await client.stream(client.base(api.service))) {
        receipts[got.push(event) - 1]?.resolve();
      }
    }
    await within(listen(), "The end of the stream", 10_000);
    assertEquals(got, client.events);
    assertRequests(api.upstream, client);
  });

  Deno.test(`${client.name} reads a response that the upstream compressed`, async () => {
    const text = new Blob([JSON.stringify(client.whole)]);
    const packed = await new Response(text.stream().pipeThrough(new CompressionStream("gzip"))).bytes();
    await using api = await openApi((exchange) =>
      exchange.respond(200, { "Content-Type": "application/json", "Content-Encoding": "gzip" }, packed)
    );
    assertEquals(await within(client.ask(client.base(api.service)), "The reply"), client.whole);
    assertRequests(api.upstream, client);
  });

  Deno.test(`${client.name} ends the upstream's exchange when it aborts a stream`, async () => {
    const ended = Promise.withResolvers<void>();
    await using api = await openApi(async (exchange) => {
      await exchange.respond(200, { "Content-Type": "text/event-stream", "Transfer-Encoding": "chunked" });
      await exchange.writeChunk(client.render(client.events[0]));
      await exchange.closed;
      ended.resolve();
    });
    async function leave(): Promise<void> {
      const stream = await client.stream(client.base(api.service));
      for await (const _ of stream) stream.controller.abort();
    }
    await within(leave(), "The first event");
    await within(ended.promise, "The end of the upstream's exchange", 1_000);
  });

  Deno.test(`${client.name} detects that a stream broke off`, async () => {
    const receipt = Promise.withResolvers<void>();
    await using api = await openApi(async (exchange) => {
      await exchange.respond(200, { "Content-Type": "text/event-stream", "Transfer-Encoding": "chunked" });
      await exchange.writeChunk(client.render(client.events[0]));
      await within(receipt.promise, "The client's receipt of the first event");
      exchange.close();
    });
    async function listen(): Promise<void> {
      for await (const _ of await client.stream(client.base(api.service))) receipt.resolve();
    }
    await within(assertRejects(listen), "The client's error that the stream broke off", 2_000);
  });

  for (const { route, status, text } of REFUSALS) {
    Deno.test(`${client.name} shows the proxy's own ${status} and does not retry`, async () => {
      await using api = await openApi(() => {});
      let calls = 0;
      const counting: typeof fetch = (...args) => {
        calls++;
        return fetch(...args);
      };
      const asking: Promise<Error> = assertRejects(
        () => client.ask(client.base(api.service, route), counting),
        Error,
      );
      const error = await within(asking, "The client's error");
      assertStringIncludes(error.message, `${status} `);
      assertStringIncludes(error.message, text);
      assertEquals([calls, api.upstream.connections], [1, 0]);
    });
  }
}

for (const client of CLIENTS) {
  Deno.test(`${client.name} sends a request once that was answered, but with what can't be forwarded`, async () => {
    // 226 is the difference from another response, and can't be masked.
    await using api = await openApi((exchange) => exchange.respond(226, { IM: "gzip" }, "{}"));
    const asking = assertRejects(() => client.ask(client.base(api.service)), Error, "acted on the request");
    await within(asking, "The client's error");
    assertEquals(api.upstream.requests.length, 1);
  });

  Deno.test(`${client.name} tries a TLS handshake that fails once`, async () => {
    await using api = await openApi(() => {}, await makeAuthority());
    const asking = assertRejects(() => client.ask(client.base(api.service)), Error, "No secure connection");
    await within(asking, "The client's error");
    assertEquals([api.upstream.connections, api.upstream.requests.length], [1, 0]);
  });
}

/** Asserts that every request had the right target and only the real credential. */
function assertRequests(upstream: Upstream, client: Client): void {
  assertEquals(upstream.requests.map((each) => [each.method, each.target]), [["POST", client.target]]);
  for (const { head, fields } of upstream.requests) {
    const credentials = fields.map(([name, value]) => [name.toLowerCase(), value] as const)
      .filter(([name]) => /^(authorization|proxy-authorization|cookie|.*api-key)$/.test(name));
    assertEquals(Object.fromEntries(credentials), client.credential);
    assertEquals(credentials.length, 1);
    assert(!head.includes(SENTINEL), head);
  }
}

/** An HTTPS upstream and a service with a route to it for each client, which trusts the upstream's authority or another one. */
async function openApi(script: Script, trusted?: Authority) {
  const authority = await makeAuthority();
  const upstream = startUpstream(script, { tls: await authority.issue(["localhost"]) });
  const service = await startService({
    routes: {
      routes: [
        { path: "/anthropic/", auth_header: "x-api-key", auth_scheme: "", token_env: "ANTHROPIC_TOKEN" },
        { path: "/openai/", auth_scheme: "Bearer", token_env: "OPENAI_TOKEN" },
        { path: "/forgotten/", auth_scheme: "Bearer", token_env: "FORGOTTEN_TOKEN" },
      ].map((route) => ({ ...route, upstream: upstream.url })),
    },
    env: { ANTHROPIC_TOKEN: TOKEN, OPENAI_TOKEN: TOKEN },
    ca: (trusted ?? authority).pem,
  });
  return {
    upstream,
    service,
    [Symbol.asyncDispose]: async () => {
      await service[Symbol.asyncDispose]();
      await upstream.close();
    },
  };
}

/** Returns a client that sends both kinds of credential. */
function anthropic(baseURL: string, fetching: typeof fetch = fetch): Anthropic {
  const defaultHeaders = { Authorization: `Bearer ${SENTINEL}` };
  return new Anthropic({ baseURL, apiKey: SENTINEL, defaultHeaders, fetch: fetching });
}

function openai(baseURL: string, fetching: typeof fetch = fetch): OpenAI {
  return new OpenAI({ baseURL, apiKey: SENTINEL, fetch: fetching });
}
