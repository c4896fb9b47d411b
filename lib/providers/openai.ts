import { baseUrl } from "./base_url.ts";
import type { Recipe } from "./recipe.ts";
import { shellQuote } from "./shell_quote.ts";

/** Clients of the Responses and Chat Completions APIs. */
export const openai: Recipe = (way) => {
  const base = baseUrl(way, "/v1");
  // JSON's strings are TOML's. A provider of one's own keeps Codex from trying a WebSocket first.
  const provider = `{ name = "cred-proxy", base_url = ${JSON.stringify(base)}, env_key = "OPENAI_API_KEY", ` +
    `wire_api = "responses" }`;
  return {
    clients: "Codex, openai",
    lines: [
      `export OPENAI_BASE_URL=${shellQuote(base)} OPENAI_API_KEY=${way.key}`,
      `codex -c model_provider=cred-proxy -c ${shellQuote(`model_providers.cred-proxy=${provider}`)}`,
    ],
  };
};
