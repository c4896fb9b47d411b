import type { Exchange } from "../../support/exchange.ts";
import type { Script } from "../../support/upstream.ts";
import { sendJson } from "./sse.ts";

/** A response, or how to make one. The query is decoded; the content is text. */
export type JsonResponse = object | ((query: URLSearchParams, content: string) => JsonReply);

/** A value with fields of the response. */
export interface JsonReply {
  readonly status?: number;
  readonly fields?: Readonly<Record<string, string>>;
  readonly value?: unknown;
}

/** Returns a script for an API that responds with JSON, by `METHOD path`. */
export function jsonApi(responses: Readonly<Record<string, JsonResponse>>): Script {
  return async (exchange: Exchange) => {
    const content = new TextDecoder().decode(await exchange.bodyBytes());
    const { pathname, searchParams } = new URL(exchange.target, "http://mock");
    const response = responses[`${exchange.method} ${pathname}`];
    if (response === undefined) {
      return await exchange.respond(404, { "Content-Type": "application/json" }, '{"message":"Not Found"}');
    }
    if (typeof response !== "function") return await sendJson(exchange, response);
    const { status = 200, fields = {}, value } = response(searchParams, content);
    const text = value === undefined ? "" : JSON.stringify(value);
    await exchange.respond(status, { "Content-Type": "application/json", ...fields }, text);
  };
}

/** Returns a response that is one of several pages, each with a link to the next one, as a whole URL (RFC 8288). */
export function pages(url: string, items: readonly object[]): (query: URLSearchParams) => JsonReply {
  return (query) => {
    const page = Number(query.get("page") ?? 1);
    const fields: Record<string, string> = page < items.length
      ? { Link: `<${url}?page=${page + 1}>; rel="next", <${url}?page=${items.length}>; rel="last"` }
      : {};
    return { fields, value: [items[page - 1]] };
  };
}
