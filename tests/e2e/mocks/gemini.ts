import type { Exchange } from "../../support/exchange.ts";
import type { Script } from "../../support/upstream.ts";
import { asksForWebSocket, serveWebSocket } from "../../support/websocket_exchange.ts";
import { readJson, RESPONSE_PIECES, RESPONSE_TEXT, sendEvents, sendJson } from "./sse.ts";

/** `generateContent`, streamed or not. */
export const gemini: Script = async (exchange) => {
  if (asksForWebSocket(exchange)) return await live(exchange);
  if (exchange.target.startsWith("/upload/")) return await upload(exchange);
  await readJson(exchange);
  const [path = ""] = exchange.target.split("?");
  const [, model, verb] = /^\/v1(?:beta)?\/models\/([^/:]+):(\w+)$/.exec(path) ?? [];
  if (verb === "countTokens") return await sendJson(exchange, { totalTokens: 7 });
  const whole = answer(model, RESPONSE_TEXT, true);
  if (verb === "generateContent") return await sendJson(exchange, whole);
  if (verb !== "streamGenerateContent") {
    return await exchange.respond(404, { "Content-Type": "application/json" }, '{"error":{"code":404}}');
  }
  const events = RESPONSE_PIECES.map((text, at) => answer(model, text, at === RESPONSE_PIECES.length - 1));
  await sendEvents(exchange, events, (event) => `data: ${JSON.stringify(event)}\r\n\r\n`);
};

/** The Live API. */
function live(exchange: Exchange): Promise<void> {
  return serveWebSocket(exchange, {
    async onMessage(text, send) {
      const message = JSON.parse(text);
      if (message.setup !== undefined) return await send('{"setupComplete":{}}');
      if (message.clientContent === undefined) return;
      for (const piece of RESPONSE_PIECES) {
        await send(
          JSON.stringify({ serverContent: { modelTurn: { role: "model", parts: [{ text: piece }] } } }),
        );
      }
      await send('{"serverContent":{"turnComplete":true}}');
    },
  });
}

function answer(model: string | undefined, text: string, last: boolean): object {
  return {
    candidates: [{
      content: { parts: [{ text }], role: "model" },
      index: 0,
      ...last ? { finishReason: "STOP" } : {},
    }],
    usageMetadata: { promptTokenCount: 7, candidatesTokenCount: 8, totalTokenCount: 15 },
    modelVersion: model,
    responseId: "response-1",
  };
}

/** A resumable upload, in one piece: the first response names the URL for the content. */
async function upload(exchange: Exchange): Promise<void> {
  const { length } = await exchange.bodyBytes();
  if (!exchange.target.includes("upload_id")) {
    const url = `https://${exchange.field("host")}${exchange.target}?upload_id=1`;
    return await exchange.respond(200, { "X-Goog-Upload-URL": url, "X-Goog-Upload-Status": "active" });
  }
  const file = { name: "files/one", sizeBytes: `${length}`, mimeType: "text/plain", state: "ACTIVE" };
  await exchange.respond(200, {
    "Content-Type": "application/json",
    "X-Goog-Upload-Status": "final",
  }, JSON.stringify({ file }));
}
