import { curl } from "../clients/curl.ts";
import { notion as libraries } from "../clients/notion.ts";
import type { Provider } from "../provider.ts";

export const notion: Provider = {
  name: "notion",
  title: "Notion API",
  host: "api.notion.com",
  routes: [{
    fields: {
      path: "/notion/",
      upstream: "https://{host}",
      auth_scheme: "Bearer",
      token_env: "NOTION_TOKEN",
    },
    clients: [libraries, curl],
    calls: ["/v1/pages", "/v1/databases", "/v1/search"],
    proof: {
      path: "/v1/users/me",
      fields: { "notion-version": "2022-06-28" },
      refusalSource: "https://developers.notion.com/reference/status-codes",
    },
  }],
  secrets: [{
    variable: "NOTION_TOKEN",
    what: "secret of an integration",
    from: "https://www.notion.so/profile/integrations",
  }],
  sources: ["https://developers.notion.com/changelog/retrieve-information-about-your-token"],
};
