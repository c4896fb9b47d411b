/**
 * A server of the Model Context Protocol with one tool, over both of its HTTP transports.
 *
 * @module
 */

import type { Exchange } from "../../support/exchange.ts";
import type { Script } from "../../support/upstream.ts";
import { readJson, RESPONSE_TEXT } from "./sse.ts";

const TOOL = {
  name: "ask",
  description: "Answers a question",
  inputSchema: { type: "object", properties: { question: { type: "string" } }, required: ["question"] },
};

/** Returns a server: `/mcp` is streamable HTTP; `/sse` begins a session of the older transport. */
export function mcpServer(): Script {
  const session: { stream?: Exchange } = {};
  return async (exchange) => {
    const [path = ""] = exchange.target.split("?");
    if (exchange.method === "GET" && path === "/sse") {
      session.stream = exchange;
      await beginEvents(exchange);
      // A path without the origin, as the reference servers send it.
      await exchange.writeChunk("event: endpoint\ndata: /messages?session=1\n\n");
      return await exchange.closed;
    }
    if (exchange.method !== "POST") {
      await exchange.drain();
      return await exchange.respond(405, { Allow: "POST" });
    }
    const { id, method, params } = await readJson(exchange);
    const result = resultOf(method, params);
    const { stream } = session;
    if (path === "/messages" && stream !== undefined) {
      await exchange.respond(202);
      if (id !== undefined) await stream.writeChunk(message(id, result));
      return;
    }
    if (path !== "/mcp") return await exchange.respond(404);
    if (id === undefined) return await exchange.respond(202);
    await beginEvents(exchange);
    await exchange.writeChunk(message(id, result));
    await exchange.writeChunk();
  };
}

async function beginEvents(exchange: Exchange): Promise<void> {
  await exchange.respond(200, { "Content-Type": "text/event-stream", "Transfer-Encoding": "chunked" });
}

function message(id: unknown, result: object): string {
  return `event: message\ndata: ${JSON.stringify({ jsonrpc: "2.0", id, result })}\n\n`;
}

function resultOf(method: unknown, params: unknown): object {
  switch (method) {
    case "initialize":
      return {
        protocolVersion: (params as { protocolVersion: string }).protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: "mock", version: "1.0.0" },
      };
    case "tools/list":
      return { tools: [TOOL] };
    default:
      return { content: [{ type: "text", text: RESPONSE_TEXT }] };
  }
}
