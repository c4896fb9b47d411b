import { huggingface as clients } from "../clients/huggingface.ts";
import type { Provider } from "../provider.ts";

export const huggingface: Provider = {
  name: "huggingface",
  title: "Hugging Face Hub",
  host: "huggingface.co",
  routes: [{
    fields: {
      path: "/huggingface/",
      upstream: "https://{host}",
      auth_scheme: "Bearer",
      token_env: "HF_TOKEN",
    },
    clients: [clients],
    calls: ["/api/models", "/api/whoami-v2"],
    proof: {
      path: "/api/whoami-v2",
      refusalSource: "https://github.com/huggingface/huggingface_hub/pull/362",
    },
  }],
  secrets: [{
    variable: "HF_TOKEN",
    what: "access token",
    from: "https://huggingface.co/settings/tokens",
  }],
  sources: [
    "https://huggingface.co/docs/hub/security-tokens",
    "https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables",
    "https://github.com/huggingface/huggingface_hub",
  ],
};
