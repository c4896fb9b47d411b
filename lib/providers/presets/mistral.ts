import { mistral as library } from "../clients/mistral.ts";
import { openaiCompatible } from "../clients/openai.ts";
import type { Provider } from "../provider.ts";

export const mistral: Provider = {
  name: "mistral",
  title: "Mistral AI",
  host: "api.mistral.ai",
  routes: [{
    fields: {
      path: "/mistral/",
      upstream: "https://{host}",
      auth_scheme: "Bearer",
      token_env: "MISTRAL_API_KEY",
    },
    clients: [openaiCompatible, library],
    proof: {
      path: "/v1/models",
      refusalSource: "https://www.developersdigest.tech/errors/api/mistral-api/401-unauthorized",
    },
  }],
  secrets: [{ variable: "MISTRAL_API_KEY", what: "API key", from: "https://console.mistral.ai/api-keys" }],
  sources: ["https://docs.mistral.ai/api/endpoint/models"],
};
