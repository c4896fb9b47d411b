import { openaiCompatible } from "../clients/openai.ts";
import type { Provider } from "../provider.ts";

export const deepseek: Provider = {
  name: "deepseek",
  title: "DeepSeek",
  host: "api.deepseek.com",
  routes: [{
    fields: {
      path: "/deepseek/",
      upstream: "https://{host}",
      auth_scheme: "Bearer",
      token_env: "DEEPSEEK_API_KEY",
    },
    clients: [openaiCompatible],
    calls: ["/chat"],
    proof: { path: "/models", refusalSource: "https://api-docs.deepseek.com/quick_start/error_codes" },
  }],
  secrets: [{
    variable: "DEEPSEEK_API_KEY",
    what: "API key",
    from: "https://platform.deepseek.com/api_keys",
  }],
  sources: ["https://api-docs.deepseek.com/api/list-models"],
};
