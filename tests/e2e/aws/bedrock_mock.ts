import { crc32 } from "node:zlib";
import { signatureProblem, type VerifiedKeys } from "../../support/aws_verifier.ts";
import { join } from "../../support/bytes.ts";
import type { Script } from "../../support/upstream.ts";

/** The words of the model's answer, one event each. */
export const WORDS: readonly string[] = ["The ", "signature ", "is ", "valid."];

/** A part of Bedrock that verifies every signature, and answers in an event stream. */
export interface BedrockMock {
  readonly script: Script;
  readonly problems: readonly string[];
  readonly served: readonly string[];
}

/** Makes the mock. */
export function makeBedrock(keys: VerifiedKeys): BedrockMock {
  const problems: string[] = [];
  const served: string[] = [];
  return {
    problems,
    served,
    async script(exchange) {
      const body = await exchange.bodyBytes();
      const { method, target, fields } = exchange;
      const problem = await signatureProblem({ method, target, fields, body }, keys);
      if (problem !== undefined) {
        problems.push(`${method} ${target}: ${problem}`);
        return await exchange.respond(403, {
          "Content-Type": "application/json",
          "x-amzn-errortype": "InvalidSignatureException",
        }, JSON.stringify({ message: problem }));
      }
      served.push(`${method} ${target}`);
      const action = target.split("/").at(-1) ?? "";
      if (!action.endsWith("-stream")) {
        return await exchange.respond(
          200,
          { "Content-Type": "application/json" },
          JSON.stringify(whole(action)),
        );
      }
      await exchange.write(
        "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.amazon.eventstream\r\nTransfer-Encoding: chunked\r\n\r\n",
      );
      for (const [type, payload] of action === "converse-stream" ? converseEvents() : messageEvents()) {
        await exchange.writeChunk(eventOf(type, payload));
      }
      await exchange.writeChunk();
    },
  };
}

function whole(action: string): object {
  const text = WORDS.join("");
  return action === "converse"
    ? {
      output: { message: { role: "assistant", content: [{ text }] } },
      stopReason: "end_turn",
      usage: { inputTokens: 1, outputTokens: 4, totalTokens: 5 },
      metrics: { latencyMs: 1 },
    }
    : {
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: "m",
      content: [{ type: "text", text }],
      stop_reason: "end_turn",
      stop_sequence: null,
      usage: { input_tokens: 1, output_tokens: 4 },
    };
}

type Event = readonly [type: string, payload: object];

function converseEvents(): readonly Event[] {
  return [
    ["messageStart", { role: "assistant" }],
    ...WORDS.map((text): Event => ["contentBlockDelta", { contentBlockIndex: 0, delta: { text } }]),
    ["contentBlockStop", { contentBlockIndex: 0 }],
    ["messageStop", { stopReason: "end_turn" }],
  ];
}

/** The events of the Messages API, each in base64 within an event of Bedrock's. */
function messageEvents(): readonly Event[] {
  const message = {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "m",
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 1, output_tokens: 1 },
  };
  return [
    { type: "message_start", message },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    ...WORDS.map((text) => ({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } })),
    { type: "content_block_stop", index: 0 },
    {
      type: "message_delta",
      delta: { stop_reason: "end_turn", stop_sequence: null },
      usage: { output_tokens: 4 },
    },
    { type: "message_stop" },
  ].map((event): Event => ["chunk", { bytes: btoa(JSON.stringify(event)) }]);
}

/** Encodes an event: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html, in its framing. */
function eventOf(type: string, payload: object): Uint8Array {
  const encoder = new TextEncoder();
  const content = encoder.encode(JSON.stringify(payload));
  const headers = join(
    Object.entries({ ":event-type": type, ":content-type": "application/json", ":message-type": "event" })
      .map(
        ([name, value]) =>
          new Uint8Array([
            name.length,
            ...encoder.encode(name),
            7,
            value.length >> 8,
            value.length & 255,
            ...encoder.encode(value),
          ]),
      ),
  );
  const bytes = new Uint8Array(16 + headers.length + content.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length);
  view.setUint32(4, headers.length);
  view.setUint32(8, crc32(bytes.subarray(0, 8)));
  bytes.set(headers, 12);
  bytes.set(content, 12 + headers.length);
  view.setUint32(bytes.length - 4, crc32(bytes.subarray(0, bytes.length - 4)));
  return bytes;
}
