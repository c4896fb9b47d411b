import type { Exchange } from "../../support/exchange.ts";

/** Sends events one after the other, each with a pause behind it, so that they are streamed and not one text. */
export async function sendEvents(
  exchange: Exchange,
  events: readonly object[],
  render: (event: object) => string,
): Promise<void> {
  await exchange.reply(200, {
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

/** An event as most APIs write it: its type as its name, too. */
export function namedEvent(event: object): string {
  const { type } = event as { type: string };
  return `event: ${type}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** Sends a value as JSON. */
export async function sendJson(exchange: Exchange, value: unknown): Promise<void> {
  await exchange.reply(200, { "Content-Type": "application/json" }, JSON.stringify(value));
}

/** The request's content, as JSON. */
export async function readJson(exchange: Exchange): Promise<Record<string, unknown>> {
  const text = new TextDecoder().decode(await exchange.bodyBytes());
  return text === "" ? {} : JSON.parse(text);
}

/** What every mocked model says; its words come in pieces. */
export const RESPONSE_TEXT = "The proxy is not there.";

/** The answer in its pieces. */
export const RESPONSE_PIECES = RESPONSE_TEXT.match(/\S+\s*/g) ?? [];
