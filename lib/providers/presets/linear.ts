import { curl } from "../clients/curl.ts";
import type { Provider } from "../provider.ts";

export const linear: Provider = {
  name: "linear",
  title: "Linear, with a personal API key",
  host: "api.linear.app",
  routes: [{
    // A personal key is the whole value, without a scheme; only an OAuth token has Bearer before it.
    fields: { path: "/linear/", upstream: "https://{host}", auth_scheme: "", token_env: "LINEAR_API_KEY" },
    clients: [curl],
    calls: ["/graphql"],
    proof: {
      method: "POST",
      path: "/graphql",
      fields: { "content-type": "application/json" },
      body: '{"query":"{ viewer { id } }"}',
      refused: [400, 401],
      refusedTexts: ['{"errors"'],
      refusalSource: "https://github.com/assembledhq/143/pull/825",
    },
  }],
  secrets: [{
    variable: "LINEAR_API_KEY",
    what: "personal API key",
    from: "https://linear.app/settings/account/security",
  }],
  sources: ["https://linear.app/developers/graphql"],
};
