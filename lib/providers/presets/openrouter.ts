import { openaiCompatible } from "../clients/openai.ts";
import type { Provider } from "../provider.ts";

export const openrouter: Provider = {
  name: "openrouter",
  title: "OpenRouter",
  host: "openrouter.ai",
  routes: [{
    fields: {
      path: "/openrouter/",
      upstream: "https://{host}/api/v1",
      auth_scheme: "Bearer",
      token_env: "OPENROUTER_API_KEY",
    },
    clients: [openaiCompatible],
    proof: { path: "/key", refusalSource: "https://github.com/OpenRouterTeam/docs/issues/5" },
  }],
  secrets: [{ variable: "OPENROUTER_API_KEY", what: "API key", from: "https://openrouter.ai/keys" }],
  sources: [
    "https://openrouter.ai/docs/api_reference/authentication",
    "https://openrouter.ai/docs/api/api-reference/api-keys/get-current-key",
  ],
};
