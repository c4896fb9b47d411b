import { npm as clients } from "../clients/npm.ts";
import type { Provider } from "../provider.ts";

export const npm: Provider = {
  name: "npm",
  title: "a registry of npm packages",
  hostExample: "npm.example.com",
  routes: [{
    fields: { path: "/npm/", upstream: "https://{host}", auth_scheme: "Bearer", token_env: "NPM_TOKEN" },
    clients: [clients],
    proof: { path: "/-/whoami" },
  }],
  secrets: [{ variable: "NPM_TOKEN", what: "access token of the registry" }],
  sources: ["https://github.com/npm/cli/blob/latest/docs/lib/content/configuring-npm/npmrc.md"],
};
