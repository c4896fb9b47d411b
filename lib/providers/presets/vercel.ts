import { curl } from "../clients/curl.ts";
import type { Provider } from "../provider.ts";

export const vercel: Provider = {
  name: "vercel",
  title: "Vercel API",
  host: "api.vercel.com",
  routes: [{
    fields: {
      path: "/vercel/",
      upstream: "https://{host}",
      auth_scheme: "Bearer",
      token_env: "VERCEL_TOKEN",
    },
    clients: [curl],
    calls: ["/v2/user", "/v9/projects", "/v6/deployments"],
    // An invalid token is forbidden, not unauthorized.
    proof: { path: "/v2/user", refused: [401, 403], refusalSource: "https://vercel.com/docs/sdk" },
  }],
  secrets: [{ variable: "VERCEL_TOKEN", what: "access token", from: "https://vercel.com/account/tokens" }],
  sources: [
    "https://vercel.com/docs/rest-api",
    "https://vercel.com/docs/rest-api/user/get-the-user",
    "https://vercel.com/docs/accounts/access-tokens",
  ],
};
