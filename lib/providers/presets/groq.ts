import { openaiCompatible } from "../clients/openai.ts";
import type { Provider } from "../provider.ts";

export const groq: Provider = {
  name: "groq",
  title: "Groq",
  host: "api.groq.com",
  routes: [{
    fields: {
      path: "/groq/",
      upstream: "https://{host}/openai/v1",
      auth_scheme: "Bearer",
      token_env: "GROQ_API_KEY",
    },
    clients: [openaiCompatible],
    proof: { path: "/models", refusalSource: "https://console.groq.com/docs/errors" },
  }],
  secrets: [{ variable: "GROQ_API_KEY", what: "API key", from: "https://console.groq.com/keys" }],
  sources: ["https://console.groq.com/docs/models"],
};
