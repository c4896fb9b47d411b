import { baseUrl } from "./base_url.ts";
import type { Recipe } from "./recipe.ts";
import { shellQuote } from "../core/shell_quote.ts";

/** The recipe for clients of the Responses and Chat Completions APIs. */
export const openai: Recipe = (endpoint) => {
  const base = baseUrl(endpoint, "/v1");
  // A JSON string is a valid TOML string. With a custom provider, Codex does not try a WebSocket first.
  const provider = `{ name = "cred-proxy", base_url = ${JSON.stringify(base)}, env_key = "OPENAI_API_KEY", ` +
    `wire_api = "responses" }`;
  return {
    clients: "Codex, openai",
    lines: [
      `export OPENAI_BASE_URL=${shellQuote(base)} OPENAI_API_KEY=${endpoint.key}`,
      `codex -c model_provider=cred-proxy -c ${shellQuote(`model_providers.cred-proxy=${provider}`)}`,
    ],
  };
};
