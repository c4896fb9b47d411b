import type { Script } from "../../support/upstream.ts";
import { readJson, sendJson } from "./sse.ts";

/** The part of GitHub's API that `gh api user` and `gh issue list` use. */
export const github: Script = async (exchange) => {
  const { query } = await readJson(exchange);
  const fields = { "X-OAuth-Scopes": "repo" };
  if (exchange.target === "/") return await exchange.respond(200, fields, "{}");
  if (exchange.target === "/user") return await sendJson(exchange, { login: "proxied", id: 1 });
  if (exchange.target !== "/graphql") return await exchange.respond(404, fields, '{"message":"Not Found"}');
  const issue = {
    number: 7,
    title: "The proxy is transparent",
    state: "OPEN",
    updatedAt: "2024-01-01T00:00:00Z",
    labels: { nodes: [], totalCount: 0 },
  };
  const repository = {
    id: "R_1",
    name: "project",
    owner: { login: "acme" },
    hasIssuesEnabled: true,
    viewerPermission: "READ",
    issues: {
      totalCount: 1,
      nodes: [issue],
      pageInfo: { hasNextPage: false, endCursor: null },
    },
  };
  const introspection = { Issue: { fields: [] }, PullRequest: { fields: [] }, Repository: { fields: [] } };
  await sendJson(exchange, {
    data: String(query).includes("__type") ? introspection : { repository },
  });
};
