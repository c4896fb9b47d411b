import type { Script } from "../../support/upstream.ts";
import { jsonApi, pages } from "./json_api.ts";

const API = "https://api.github.com";
const TIME = "2024-01-01T00:00:00Z";

const ISSUES = ["one", "two", "three"].map((title, index) => issue(index + 1, title));

/** GitHub names repositories by their numbers in its links. */
const PAGES = pages(`${API}/repositories/1/issues`, ISSUES);

/** The part of GitHub's API that its clients use: a user, three pages of issues, a new comment, and GraphQL for `gh`. */
export const github: Script = jsonApi({
  "GET /": () => ({ fields: { "X-OAuth-Scopes": "repo" }, value: {} }),
  "GET /user": user(),
  "GET /repos/acme/project": repository(),
  "GET /repos/acme/project/issues": PAGES,
  "GET /repositories/1/issues": PAGES,
  "POST /repos/acme/project/issues/1/comments": (_, content) => ({
    status: 201,
    value: {
      ...commentOf(JSON.parse(content).body),
      id: 1,
      node_id: "C_1",
    },
  }),
  "POST /graphql": (_, content) => ({ value: { data: answerTo(content) } }),
});

function answerTo(content: string): object {
  if (content.includes("__type")) {
    return { Issue: { fields: [] }, PullRequest: { fields: [] }, Repository: { fields: [] } };
  }
  const found = {
    number: 7,
    title: "The proxy is transparent",
    state: "OPEN",
    updatedAt: "2024-01-01T00:00:00Z",
    labels: { nodes: [], totalCount: 0 },
  };
  return {
    repository: {
      id: "R_1",
      name: "project",
      owner: { login: "acme" },
      hasIssuesEnabled: true,
      viewerPermission: "READ",
      issues: {
        totalCount: 1,
        nodes: [found],
        pageInfo: { hasNextPage: false, endCursor: null },
      },
    },
  };
}

/** A user with every field that a typed client requires. */
function user(): object {
  const url = `${API}/users/proxied`;
  const links = "followers following gists starred subscriptions organizations repos events received_events"
    .split(" ").map((name) => [`${name}_url`, `${url}/${name}`]);
  return {
    login: "proxied",
    id: 1,
    node_id: "U_1",
    avatar_url: `${API}/avatars/1`,
    gravatar_id: "",
    url,
    html_url: "https://github.com/proxied",
    ...Object.fromEntries(links),
    type: "User",
    site_admin: false,
  };
}

function repository(): object {
  return {
    id: 1,
    node_id: "R_1",
    name: "project",
    full_name: "acme/project",
    url: `${API}/repos/acme/project`,
  };
}

function issue(number: number, title: string): object {
  const url = `${API}/repos/acme/project/issues/${number}`;
  return {
    id: number,
    node_id: `I_${number}`,
    url,
    repository_url: `${API}/repos/acme/project`,
    labels_url: `${url}/labels`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: `https://github.com/acme/project/issues/${number}`,
    number,
    state: "open",
    title,
    user: user(),
    labels: [],
    assignees: [],
    locked: false,
    comments: 0,
    created_at: TIME,
    updated_at: TIME,
    author_association: "NONE",
  };
}

function commentOf(body: unknown): object {
  const url = `${API}/repos/acme/project/issues/comments/1`;
  return { url, html_url: url, issue_url: url, body, user: user(), created_at: TIME, updated_at: TIME };
}
