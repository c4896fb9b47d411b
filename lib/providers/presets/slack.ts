import { curl } from "../clients/curl.ts";
import { slack as libraries } from "../clients/slack.ts";
import type { Provider } from "../provider.ts";

export const slack: Provider = {
  name: "slack",
  title: "Slack Web API",
  host: "slack.com",
  routes: [{
    fields: {
      path: "/slack/",
      upstream: "https://{host}/api",
      auth_scheme: "Bearer",
      token_env: "SLACK_TOKEN",
    },
    clients: [libraries, curl],
    // Slack responds with 200 to everything; the content says whether it went well.
    proof: {
      method: "POST",
      path: "/auth.test",
      refusedTexts: ['{"ok":false'],
      refusalSource: "https://docs.slack.dev/reference/methods/auth.test",
    },
  }],
  secrets: [{
    variable: "SLACK_TOKEN",
    what: "bot or user token of your app",
    from: "https://api.slack.com/apps",
  }],
  sources: ["https://docs.slack.dev/reference/methods/auth.test"],
};
