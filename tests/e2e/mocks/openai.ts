import type { Script } from "../../support/upstream.ts";
import { asksForWebSocket, serveWebSocket, type WebSocketScript } from "../../support/websocket_exchange.ts";
import { completeChat } from "./chat_completions.ts";
import { namedEvent, readJson, RESPONSE_PIECES, RESPONSE_TEXT, sendEvents, sendJson } from "./sse.ts";

/** The part of the Responses API that its clients use. */
export const openai: Script = async (exchange) => {
  const path = exchange.target.split("?")[0] ?? "";
  const webSocket = asksForWebSocket(exchange) ? WEB_SOCKETS[path] : undefined;
  if (webSocket !== undefined) return await serveWebSocket(exchange, webSocket);
  const request = await readJson(exchange);
  const { model, stream } = request;
  if (path === "/v1/models") return await sendJson(exchange, { object: "list", data: [], models: [] });
  if (exchange.method !== "POST" || path !== "/v1/responses") return await completeChat(exchange, request);
  const { whole, events } = responseTo(model);
  if (stream !== true) return await sendJson(exchange, whole);
  await sendEvents(exchange, events, namedEvent);
};

/** The Responses API, and the Realtime API, over a WebSocket. */
const WEB_SOCKETS: Readonly<Record<string, WebSocketScript>> = {
  "/v1/responses": {
    async onMessage(text, send) {
      const { type, model } = JSON.parse(text);
      if (type !== "response.create") return;
      for (const event of responseTo(model).events) await send(JSON.stringify(event));
    },
  },
  "/v1/realtime": {
    onOpen: (send) =>
      send(JSON.stringify({ type: "session.created", event_id: "1", session: { type: "realtime" } })),
    async onMessage(text, send) {
      if (JSON.parse(text).type !== "response.create") return;
      const position = { response_id: "resp_1", item_id: "msg_1", output_index: 0, content_index: 0 };
      for (const delta of RESPONSE_PIECES) {
        await send(JSON.stringify({ type: "response.output_text.delta", event_id: "2", ...position, delta }));
      }
      await send(
        JSON.stringify({
          type: "response.done",
          event_id: "3",
          response: { id: "resp_1", status: "completed" },
        }),
      );
    },
  },
};

/** Returns a response as a whole and as the events of a stream. */
function responseTo(model: unknown): { readonly whole: object; readonly events: readonly object[] } {
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
  return { whole: response, events: events.map((event, at) => ({ ...event, sequence_number: at })) };
}
