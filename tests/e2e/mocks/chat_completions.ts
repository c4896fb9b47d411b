import type { Script } from "../../support/upstream.ts";
import { readJson, RESPONSE_TEXT, sendJson } from "./sse.ts";

/** The part of the Chat Completions API that its clients use, whatever the path before it. */
export const chatCompletions: Script = async (exchange) => {
  const { model } = await readJson(exchange);
  if (exchange.method !== "POST" || !/\/chat\/completions(?:\?|$)/.test(exchange.target)) {
    return await exchange.respond(
      404,
      { "Content-Type": "application/json" },
      '{"error":{"message":"Not found"}}',
    );
  }
  const message = { role: "assistant", content: RESPONSE_TEXT };
  await sendJson(exchange, {
    id: "chat_1",
    object: "chat.completion",
    created: 1,
    model,
    choices: [{ index: 0, message, finish_reason: "stop" }],
    usage: { prompt_tokens: 7, completion_tokens: 8, total_tokens: 15 },
  });
};
