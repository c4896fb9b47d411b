import { curl } from "../clients/curl.ts";
import { git } from "../clients/git.ts";
import type { Provider } from "../provider.ts";

export const gitlab: Provider = {
  name: "gitlab",
  title: "GitLab: git over HTTPS, and the API",
  host: "gitlab.com",
  routes: [{
    fields: {
      path: "/gitlab/",
      upstream: "https://{host}",
      auth_scheme: "Basic",
      // Any user name will do beside a personal access token.
      auth_user: "oauth2",
      token_env: "GITLAB_TOKEN",
    },
    clients: [git],
  }, {
    fields: {
      path: "/gitlab-api/",
      upstream: "https://{host}/api/v4",
      auth_scheme: "",
      auth_header: "PRIVATE-TOKEN",
      token_env: "GITLAB_TOKEN",
    },
    clients: [curl],
    proof: {
      path: "/user",
      refusalSource: "https://gitlab.com/gitlab-org/gitlab/-/merge_requests/260774",
    },
  }],
  secrets: [{
    variable: "GITLAB_TOKEN",
    what: "personal, group or project access token with the scopes that the agent needs",
    from: "https://gitlab.com/-/user_settings/personal_access_tokens",
  }],
  sources: [
    "https://docs.gitlab.com/api/rest/authentication",
    "https://docs.gitlab.com/user/profile/personal_access_tokens",
  ],
};
