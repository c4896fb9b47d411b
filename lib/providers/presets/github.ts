import { curl } from "../clients/curl.ts";
import { gh } from "../clients/gh.ts";
import { git } from "../clients/git.ts";
import { octokit } from "../clients/octokit.ts";
import type { Proof, Provider } from "../provider.ts";

const user: Proof = {
  path: "/user",
  fields: { "user-agent": "cred-proxy", accept: "application/vnd.github+json" },
  refusalSource: "https://github.com/nrkno/terraform-registry/issues/245",
};

export const github: Provider = {
  name: "github",
  title: "GitHub: git over HTTPS, and the API",
  routes: [{
    fields: {
      path: "/github/",
      upstream: "https://github.com",
      auth_scheme: "Basic",
      auth_user: "x-access-token",
      token_env: "GITHUB_TOKEN",
    },
    clients: [git],
  }, {
    fields: {
      path: "/github-api/",
      upstream: "https://api.github.com",
      auth_scheme: "Bearer",
      token_env: "GITHUB_TOKEN",
      // The key of a cache, not a credential.
      keep_query: ["key"],
    },
    clients: [gh, octokit, curl],
    proof: user,
  }, {
    // For gh, which has no base URL, but can send everything to a Unix socket.
    fields: {
      host: "api.github.com",
      upstream: "https://api.github.com",
      auth_scheme: "Bearer",
      token_env: "GITHUB_TOKEN",
      keep_query: ["key"],
    },
    clients: [gh, octokit, curl],
    proof: user,
  }],
  secrets: [{
    variable: "GITHUB_TOKEN",
    what: "fine-grained personal access token, for only the repositories that the agent needs",
    from: "https://github.com/settings/personal-access-tokens/new",
  }],
  sources: [
    "https://docs.github.com/en/rest/users/users#get-the-authenticated-user",
    "https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/managing-your-personal-access-tokens",
  ],
};
