import { openaiCompatible } from "../clients/openai.ts";
import type { Provider } from "../provider.ts";

export const xai: Provider = {
  name: "xai",
  title: "xAI (Grok)",
  host: "api.x.ai",
  routes: [{
    fields: {
      path: "/xai/",
      upstream: "https://{host}",
      auth_scheme: "Bearer",
      token_env: "XAI_API_KEY",
    },
    clients: [openaiCompatible],
    proof: {
      path: "/v1/api-key",
      refused: [400, 401],
      refusalSource:
        "https://github.com/trufflesecurity/trufflehog/blob/718a7c2b71774d6fe7ac5afa5f715ace13de3a55/pkg/detectors/xai/xai.go",
    },
  }],
  secrets: [{ variable: "XAI_API_KEY", what: "API key", from: "https://console.x.ai/team/default/api-keys" }],
  sources: ["https://docs.x.ai/developers/quickstart", "https://docs.x.ai/api"],
};
