import { openai as clients } from "../clients/openai.ts";
import type { Provider } from "../provider.ts";

export const openai: Provider = {
  name: "openai",
  title: "OpenAI API (Codex)",
  host: "api.openai.com",
  routes: [{
    fields: {
      path: "/openai/",
      upstream: "https://{host}",
      auth_scheme: "Bearer",
      token_env: "OPENAI_API_KEY",
    },
    clients: [clients],
    calls: ["/v1/responses", "/v1/chat", "/v1/embeddings", "/v1/completions"],
    proof: {
      path: "/v1/models",
      refusalSource: "https://help.openai.com/en/articles/6891781-error-code-401-incorrect-api-key-provided",
    },
  }],
  secrets: [{
    variable: "OPENAI_API_KEY",
    what: "API key",
    from: "https://platform.openai.com/api-keys",
  }],
  command: "codex",
  sources: ["https://platform.openai.com/docs/api-reference/models/list"],
};
