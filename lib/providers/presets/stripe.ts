import { curl } from "../clients/curl.ts";
import { stripe as libraries } from "../clients/stripe.ts";
import type { Provider } from "../provider.ts";

export const stripe: Provider = {
  name: "stripe",
  title: "Stripe API",
  host: "api.stripe.com",
  routes: [{
    fields: {
      path: "/stripe/",
      upstream: "https://{host}",
      auth_scheme: "Bearer",
      token_env: "STRIPE_API_KEY",
    },
    clients: [libraries, curl],
    calls: ["/v1/customers", "/v1/charges", "/v1/balance"],
    proof: { path: "/v1/balance", refusalSource: "https://docs.stripe.com/api/errors" },
  }],
  secrets: [{
    variable: "STRIPE_API_KEY",
    what: "restricted key with the permissions that the agent needs",
    from: "https://dashboard.stripe.com/apikeys",
  }],
  sources: [
    "https://docs.stripe.com/api/authentication",
    "https://docs.stripe.com/api/balance/balance_retrieve",
  ],
};
