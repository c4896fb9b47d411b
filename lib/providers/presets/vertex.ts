import { vertex as clients } from "../clients/vertex.ts";
import type { Provider } from "../provider.ts";

export const vertex: Provider = {
  name: "vertex",
  title: "Vertex AI, with a service account",
  host: "aiplatform.googleapis.com",
  hostExample: "us-east5-aiplatform.googleapis.com",
  routes: [{
    fields: {
      path: "/vertex/",
      upstream: "https://{host}",
      auth_scheme: "Bearer",
      token_from: {
        google_service_account: {
          key_env: "GOOGLE_SERVICE_ACCOUNT_KEY",
          scopes: ["https://www.googleapis.com/auth/cloud-platform"],
        },
      },
    },
    clients: [clients],
  }],
  secrets: [{
    variable: "GOOGLE_SERVICE_ACCOUNT_KEY",
    what: "JSON key of a service account that may use Vertex AI, in single quotes",
    from: "https://console.cloud.google.com/iam-admin/serviceaccounts",
  }],
  sources: [
    "https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest",
    "https://cloud.google.com/vertex-ai/docs/general/locations",
    "https://developers.google.com/identity/protocols/oauth2/service-account",
  ],
};
