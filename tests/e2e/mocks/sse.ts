import type { Exchange } from "../../support/exchange.ts";

/** Sends events with a pause after each, so that they are streamed rather than sent at once. */
export async function sendEvents(
  exchange: Exchange,
  events: readonly object[],
  render: (event: object) => string,
): Promise<void> {
  await exchange.respond(200, {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache",
    "Transfer-Encoding": "chunked",
  });
  for (const event of events) {
    await exchange.writeChunk(render(event));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await exchange.writeChunk();
}

/** Renders an event as most APIs do, with its type as its name. */
export function namedEvent(event: object): string {
  const { type } = event as { type: string };
  return `event: ${type}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** Sends a value as JSON. */
export async function sendJson(exchange: Exchange, value: unknown): Promise<void> {
  await exchange.respond(200, { "Content-Type": "application/json" }, JSON.stringify(value));
}

/** Reads the request's content as JSON. */
export async function readJson(exchange: Exchange): Promise<Record<string, unknown>> {
  const text = new TextDecoder().decode(await exchange.bodyBytes());
  return text === "" ? {} : JSON.parse(text);
}

/** The text of every mocked model. */
export const RESPONSE_TEXT = "The proxy is transparent.";

/** The text in pieces, as it is streamed. */
export const RESPONSE_PIECES = RESPONSE_TEXT.match(/\S+\s*/g) ?? [];
