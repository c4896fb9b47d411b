import { curl } from "../clients/curl.ts";
import type { Provider } from "../provider.ts";

export const cloudflare: Provider = {
  name: "cloudflare",
  title: "Cloudflare API",
  host: "api.cloudflare.com",
  routes: [{
    fields: {
      path: "/cloudflare/",
      upstream: "https://{host}/client/v4",
      auth_scheme: "Bearer",
      token_env: "CLOUDFLARE_API_TOKEN",
    },
    clients: [curl],
    proof: {
      path: "/user/tokens/verify",
      refused: [400, 401, 403],
      refusalSource: "https://github.com/cloudflare/python-cloudflare/issues/79",
    },
  }],
  secrets: [{
    variable: "CLOUDFLARE_API_TOKEN",
    what: "API token of a user",
    from: "https://dash.cloudflare.com/profile/api-tokens",
  }],
  sources: ["https://developers.cloudflare.com/fundamentals/api/troubleshooting"],
};
