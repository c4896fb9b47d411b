import type { Script } from "../../support/upstream.ts";
import { namedEvent, readJson, RESPONSE_PIECES, RESPONSE_TEXT, sendEvents, sendJson } from "./sse.ts";

/** The part of the Responses API that its clients use. */
export const openai: Script = async (exchange) => {
  const path = exchange.target.split("?")[0];
  const { model, stream } = await readJson(exchange);
  if (path === "/v1/models") return await sendJson(exchange, { object: "list", data: [], models: [] });
  if (exchange.method !== "POST" || path !== "/v1/responses") {
    return await exchange.respond(
      404,
      { "Content-Type": "application/json" },
      '{"error":{"message":"Not found"}}',
    );
  }
  const part = { type: "output_text", text: RESPONSE_TEXT, annotations: [] };
  const item = { id: "msg_1", type: "message", role: "assistant", status: "completed", content: [part] };
  const response = {
    id: "resp_1",
    object: "response",
    created_at: 1,
    status: "completed",
    model,
    output: [item],
    usage: {
      input_tokens: 7,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 8,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 15,
    },
  };
  if (stream !== true) return await sendJson(exchange, response);
  const begun = { ...response, status: "in_progress", output: [], usage: null };
  const position = { item_id: item.id, output_index: 0, content_index: 0 };
  const events: object[] = [
    { type: "response.created", response: begun },
    { type: "response.in_progress", response: begun },
    {
      type: "response.output_item.added",
      output_index: 0,
      item: { ...item, status: "in_progress", content: [] },
    },
    { type: "response.content_part.added", ...position, part: { ...part, text: "" } },
    ...RESPONSE_PIECES.map((delta) => ({ type: "response.output_text.delta", ...position, delta })),
    { type: "response.output_text.done", ...position, text: RESPONSE_TEXT },
    { type: "response.content_part.done", ...position, part },
    { type: "response.output_item.done", output_index: 0, item },
    { type: "response.completed", response },
  ];
  await sendEvents(exchange, events.map((event, at) => ({ ...event, sequence_number: at })), namedEvent);
};
