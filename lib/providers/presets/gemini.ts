import { gemini as clients } from "../clients/gemini.ts";
import type { Provider } from "../provider.ts";

export const gemini: Provider = {
  name: "gemini",
  title: "Gemini API (Gemini CLI)",
  host: "generativelanguage.googleapis.com",
  routes: [{
    fields: {
      path: "/gemini/",
      upstream: "https://{host}",
      auth_scheme: "",
      auth_header: "x-goog-api-key",
      token_env: "GEMINI_API_KEY",
    },
    clients: [clients],
    calls: ["/v1beta"],
    // An invalid key is an invalid argument to this API: 400.
    proof: {
      path: "/v1beta/models?pageSize=1",
      refused: [400, 401, 403],
      refusalSource: "https://github.com/NousResearch/hermes-agent/issues/12168",
    },
  }],
  secrets: [{
    variable: "GEMINI_API_KEY",
    what: "API key",
    from: "https://aistudio.google.com/apikey",
  }],
  command: "gemini",
  sources: ["https://ai.google.dev/api", "https://ai.google.dev/api/models"],
};
