import { curl } from "../clients/curl.ts";
import type { Provider } from "../provider.ts";

export const datadog: Provider = {
  name: "datadog",
  title: "Datadog API, with a personal or service access token",
  host: "api.datadoghq.com",
  hostExample: "api.datadoghq.eu",
  routes: [{
    // One token instead of an API key and an application key, each in a field of its own.
    fields: {
      path: "/datadog/",
      upstream: "https://{host}",
      auth_scheme: "Bearer",
      token_env: "DD_BEARER_TOKEN",
    },
    clients: [curl],
    calls: ["/api/v1", "/api/v2"],
    proof: {
      path: "/api/v2/validate_keys",
      refused: [401, 403],
      refusalSource:
        "https://docs.datadoghq.com/api/latest/key-management/validate-api-and-application-keys/",
    },
  }],
  secrets: [{
    variable: "DD_BEARER_TOKEN",
    what: "personal or service access token",
    from: "https://app.datadoghq.com/organization-settings/",
  }],
  sources: ["https://docs.datadoghq.com/api/latest/key-management/validate-api-and-application-keys/"],
};
