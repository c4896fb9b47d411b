import { curl } from "../clients/curl.ts";
import type { Provider } from "../provider.ts";

export const sentry: Provider = {
  name: "sentry",
  title: "Sentry API",
  host: "sentry.io",
  routes: [{
    fields: {
      path: "/sentry/",
      upstream: "https://{host}",
      auth_scheme: "Bearer",
      token_env: "SENTRY_AUTH_TOKEN",
    },
    clients: [curl],
    calls: ["/api/0"],
    proof: {
      path: "/api/0/organizations/",
      refusalSource: "https://github.com/getsentry/sentry-cli/issues/284",
    },
  }],
  secrets: [{
    variable: "SENTRY_AUTH_TOKEN",
    what: "token of an internal integration, or of a user",
    from: "https://sentry.io/settings/account/api/auth-tokens/",
  }],
  sources: ["https://docs.sentry.io/api/auth", "https://docs.sentry.io/api/guides/create-auth-token/"],
};
