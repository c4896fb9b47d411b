import { shellQuote } from "../../core/shell_quote.ts";
import { baseUrl } from "./base_url.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Exports, Recipe } from "./recipe.ts";

/** The recipe for clients of the Responses and Chat Completions APIs. */
export const openai: Recipe = (endpoint) => {
  const base = baseUrl(endpoint, "/v1");
  // A JSON string is a valid TOML string. With a custom provider, Codex does not try a WebSocket first.
  const provider = `{ name = "cred-proxy", base_url = ${JSON.stringify(base)}, env_key = "OPENAI_API_KEY", ` +
    `wire_api = "responses" }`;
  const codex = `codex -c model_provider=cred-proxy -c ${
    shellQuote(`model_providers.cred-proxy=${provider}`)
  }`;
  // It is for a sandbox, in which Codex can't make another one.
  const settings = [
    'model_provider = "cred-proxy"',
    'sandbox_mode = "danger-full-access"',
    `[model_providers]`,
    `cred-proxy = ${provider}`,
  ];
  return {
    clients: "Codex, openai",
    files: [{ path: ".codex/config.toml", content: settings.join("\n") }],
    lines: [variables(endpoint), codex],
    variables: [variables(endpoint), `# Codex reads no base URL from a variable: ${codex}`],
  };
};

/** The recipe for clients of other providers with the same API. */
export const openaiCompatible: Recipe = (endpoint) => ({
  clients: "clients of the OpenAI API",
  lines: [variables(endpoint)],
});

function variables(endpoint: Endpoint): Exports {
  return {
    export: [["OPENAI_BASE_URL", shellQuote(baseUrl(endpoint, "/v1"))], ["OPENAI_API_KEY", endpoint.key]],
  };
}
