import { curl } from "../clients/curl.ts";
import type { Provider } from "../provider.ts";

export const jira: Provider = {
  name: "jira",
  title: "Jira Cloud, with an API token",
  hostExample: "acme.atlassian.net",
  routes: [{
    // Without auth_user, the token is user:password already: the user is the account's e-mail address.
    fields: { path: "/jira/", upstream: "https://{host}", auth_scheme: "Basic", token_env: "JIRA_LOGIN" },
    clients: [curl],
    calls: ["/rest"],
    proof: { path: "/rest/api/3/myself", refusalSource: "https://jira.atlassian.com/browse/JRACLOUD-93811" },
  }],
  secrets: [{
    variable: "JIRA_LOGIN",
    what: "EMAIL:API_TOKEN",
    from: "https://id.atlassian.com/manage-profile/security/api-tokens",
  }],
  sources: [
    "https://developer.atlassian.com/cloud/jira/platform/basic-auth-for-rest-apis/",
    "https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-myself/",
  ],
};
