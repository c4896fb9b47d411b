import type { Script } from "../../support/upstream.ts";
import { namedEvent, readJson, RESPONSE_PIECES, RESPONSE_TEXT, sendEvents, sendJson } from "./sse.ts";

/** The part of the Messages API that its clients use. */
export const anthropic: Script = async (exchange) => {
  const path = exchange.target.split("?")[0];
  const { model, stream } = await readJson(exchange);
  if (exchange.method !== "POST") return await sendJson(exchange, {});
  if (path === "/v1/messages/count_tokens") return await sendJson(exchange, { input_tokens: 7 });
  if (path !== "/v1/messages") {
    return await exchange.respond(404, { "Content-Type": "application/json" }, "{}");
  }
  const message = {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model,
    content: [] as object[],
    stop_reason: null as string | null,
    stop_sequence: null,
    usage: { input_tokens: 7, output_tokens: 1 },
  };
  if (stream !== true) {
    message.content = [{ type: "text", text: RESPONSE_TEXT }];
    return await sendJson(exchange, { ...message, stop_reason: "end_turn" });
  }
  await sendEvents(exchange, [
    { type: "message_start", message },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    { type: "ping" },
    ...RESPONSE_PIECES.map((text) => ({
      type: "content_block_delta",
      index: 0,
      delta: { type: "text_delta", text },
    })),
    { type: "content_block_stop", index: 0 },
    {
      type: "message_delta",
      delta: { stop_reason: "end_turn", stop_sequence: null },
      usage: { output_tokens: 8 },
    },
    { type: "message_stop" },
  ], namedEvent);
};
