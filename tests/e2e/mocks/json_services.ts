/**
 * Services whose APIs are plain JSON, each with the few calls that its cases make.
 *
 * @module
 */

import type { Script } from "../../support/upstream.ts";
import { jsonApi } from "./json_api.ts";
import { RESPONSE_TEXT } from "./sse.ts";

const AZURE = "https://my-resource.cognitiveservices.azure.com";
const ANALYZE = "/documentintelligence/documentModels/prebuilt-read";

const NOTION_USER = { object: "user", id: "u1", type: "bot", name: "proxied", bot: {} };

/** The scripts by host. */
export const JSON_SERVICES: Readonly<Record<string, Script>> = {
  "slack.com": jsonApi({
    "POST /api/auth.test": { ok: true, user: "proxied", team: "acme", user_id: "U1" },
    "POST /api/chat.postMessage": (_, content) => ({
      value: {
        ok: true,
        channel: "C1",
        ts: "1.0",
        message: { text: content.includes("proxy") && RESPONSE_TEXT },
      },
    }),
    "POST /api/conversations.list": channels,
    "GET /api/conversations.list": channels,
  }),
  "api.notion.com": jsonApi({
    "GET /v1/users/me": NOTION_USER,
    "POST /v1/search": (_, content) => {
      const next = JSON.parse(content).start_cursor === undefined;
      return {
        value: {
          object: "list",
          results: [{ object: "page", id: next ? "one" : "two" }],
          has_more: next,
          next_cursor: next ? "two" : null,
        },
      };
    },
  }),
  "api.stripe.com": jsonApi({
    "GET /v1/customers": (query) => {
      const first = !query.has("starting_after");
      return {
        value: {
          object: "list",
          url: "/v1/customers",
          has_more: first,
          data: [{ object: "customer", id: first ? "cus_1" : "cus_2" }],
        },
      };
    },
    "POST /v1/customers": (_, content) => ({
      value: { object: "customer", id: "cus_3", name: new URLSearchParams(content).get("name") },
    }),
  }),
  "my-resource.cognitiveservices.azure.com": jsonApi({
    [`POST ${ANALYZE}:analyze`]: () => ({
      status: 202,
      fields: { "Operation-Location": `${AZURE}${ANALYZE}/analyzeResults/1?api-version=2024-11-30` },
    }),
    [`GET ${ANALYZE}/analyzeResults/1`]: { status: "succeeded", analyzeResult: { content: RESPONSE_TEXT } },
  }),
  "api.cohere.com": jsonApi({
    "POST /v2/chat": {
      id: "c1",
      finish_reason: "COMPLETE",
      message: { role: "assistant", content: [{ type: "text", text: RESPONSE_TEXT }] },
    },
  }),
};

function channels(query: URLSearchParams, content: string) {
  const cursor = query.get("cursor") ?? new URLSearchParams(content).get("cursor");
  return {
    value: {
      ok: true,
      channels: [{ id: "C1", name: cursor === "more" ? "two" : "one" }],
      response_metadata: { next_cursor: cursor === "more" ? "" : "more" },
    },
  };
}
