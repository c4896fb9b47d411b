import { anthropic as clients } from "../clients/anthropic.ts";
import type { Provider } from "../provider.ts";

export const anthropic: Provider = {
  name: "anthropic",
  title: "Anthropic API (Claude Code)",
  host: "api.anthropic.com",
  routes: [{
    fields: {
      path: "/anthropic/",
      upstream: "https://{host}",
      auth_scheme: "",
      auth_header: "x-api-key",
      token_env: "ANTHROPIC_API_KEY",
    },
    clients: [clients],
    calls: ["/v1/messages", "/v1/complete", "/api/hello"],
    proof: {
      path: "/v1/models?limit=1",
      fields: { "anthropic-version": "2023-06-01" },
      refusalSource: "https://github.com/abi/screenshot-to-code/issues/272",
    },
  }],
  secrets: [{
    variable: "ANTHROPIC_API_KEY",
    what: "API key",
    from: "https://platform.claude.com/settings/keys",
  }],
  command: "claude",
  sources: [
    "https://platform.claude.com/docs/en/api/models-list",
    "https://docs.anthropic.com/en/api/models-list",
  ],
};
