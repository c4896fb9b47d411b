import type { Exchange } from "../../support/exchange.ts";
import type { Script } from "../../support/upstream.ts";
import { readJson, RESPONSE_PIECES, RESPONSE_TEXT, sendEvents, sendJson } from "./sse.ts";

/** The part of the Chat Completions API that its clients use, whatever the path before it. */
export const chatCompletions: Script = async (exchange) => {
  await completeChat(exchange, await readJson(exchange));
};

/** Responds to a request for a completion whose content was read. */
export async function completeChat(
  exchange: Exchange,
  { model, stream }: Readonly<Record<string, unknown>>,
): Promise<void> {
  if (exchange.method !== "POST" || !/\/chat\/completions(?:\?|$)/.test(exchange.target)) {
    return await exchange.respond(
      404,
      { "Content-Type": "application/json" },
      '{"error":{"message":"Not found"}}',
    );
  }
  const common = { id: "chat_1", created: 1, model };
  if (stream === true) {
    const chunks = RESPONSE_PIECES.map((content) => ({ content, role: "assistant" }));
    const events = [...chunks, {}].map((delta, at) => ({
      ...common,
      object: "chat.completion.chunk",
      choices: [{ index: 0, delta, finish_reason: at === chunks.length ? "stop" : null }],
    }));
    // The last event is no JSON.
    return await sendEvents(
      exchange,
      [...events, { done: true }],
      (event) => "done" in event ? "data: [DONE]\n\n" : `data: ${JSON.stringify(event)}\n\n`,
    );
  }
  const message = { role: "assistant", content: RESPONSE_TEXT };
  await sendJson(exchange, {
    ...common,
    object: "chat.completion",
    choices: [{ index: 0, message, finish_reason: "stop" }],
    usage: { prompt_tokens: 7, completion_tokens: 8, total_tokens: 15 },
  });
}
