/**
 * The route table that all cases share, as a user would write it, and the real credential of each route.
 *
 * @module
 */

import { deepseek } from "../../lib/providers/presets/deepseek.ts";
import { groq } from "../../lib/providers/presets/groq.ts";
import { openrouter } from "../../lib/providers/presets/openrouter.ts";
import { xai } from "../../lib/providers/presets/xai.ts";
import type { Provider } from "../../lib/providers/provider.ts";
import { makeKey } from "./secrets.ts";

/** The credential that an upstream requires. */
export interface RequiredCredential {
  /** The upstream's host, by which requests are distinguished. */
  readonly host: string;
  /** The field name in lower case, and its only accepted value. */
  readonly field: string;
  readonly value: string;
}

/** The route table and what belongs to it. */
export interface RouteSetup {
  readonly table: { readonly routes: readonly object[] };
  /** The tokens, by their variables. */
  readonly tokens: Readonly<Record<string, string>>;
  readonly required: readonly RequiredCredential[];
}

/** What a route of the table says, and its upstream's host. */
interface RouteFields {
  readonly host: string;
  /** The upstream's path. */
  readonly base?: string;
  /** Whether the route is selected by its host. */
  readonly byHost?: true;
  readonly path?: string;
  readonly auth_scheme: string;
  readonly auth_header?: string;
  readonly auth_user?: string;
}

/** The routes that `init` writes for these providers, with its fields. */
const PRESETS: readonly RouteFields[] = [openrouter, groq, deepseek, xai].map(presetRoute);

/** The hosts of {@linkcode PRESETS}. */
export const PRESET_HOSTS: readonly string[] = PRESETS.map(({ host }) => host);

/** The routes' fields, from which the credential of each upstream follows. */
const ROUTES: readonly RouteFields[] = [
  { path: "/anthropic/", host: "api.anthropic.com", auth_scheme: "", auth_header: "x-api-key" },
  { path: "/openai/", host: "api.openai.com", auth_scheme: "Bearer" },
  { path: "/mistral/", host: "api.mistral.ai", auth_scheme: "Bearer" },
  {
    path: "/azure-openai/",
    host: "my-resource.openai.azure.com",
    auth_scheme: "",
    auth_header: "api-key",
  },
  {
    path: "/gemini/",
    host: "generativelanguage.googleapis.com",
    auth_scheme: "",
    auth_header: "x-goog-api-key",
  },
  { path: "/github/", host: "github.com", auth_scheme: "Basic", auth_user: "x-access-token" },
  { path: "/gitea/", host: "git.example.com", auth_scheme: "token" },
  { path: "/gh/", host: "api.github.com", auth_scheme: "token" },
  { byHost: true, host: "api.github.com", auth_scheme: "token" },
  { path: "/npm/", host: "npm.example.com", auth_scheme: "Bearer" },
  { path: "/pypi/", host: "pypi.example.com", auth_scheme: "Basic", auth_user: "agent" },
  { path: "/cargo/", host: "cargo.example.com", auth_scheme: "" },
  { path: "/go/", host: "go.example.com", auth_scheme: "Basic", auth_user: "agent" },
  { path: "/maven/", host: "maven.example.com", auth_scheme: "Basic", auth_user: "agent" },
  // These clients ask for the upstream's own path.
  { path: "/v2/", host: "registry.example.com", base: "/v2", auth_scheme: "Basic", auth_user: "agent" },
  { path: "/webdav/", host: "files.example.com", base: "/webdav", auth_scheme: "Bearer" },
  { path: "/restic/", host: "backup.example.com", auth_scheme: "Basic", auth_user: "agent" },
  { path: "/kubernetes/", host: "kubernetes.example.com", auth_scheme: "Bearer" },
  { path: "/internal/", host: "api.example.com", auth_scheme: "Bearer" },
  { path: "/cohere/", host: "api.cohere.com", auth_scheme: "Bearer" },
  { path: "/huggingface/", host: "huggingface.co", auth_scheme: "Bearer" },
  { path: "/slack/", host: "slack.com", base: "/api", auth_scheme: "Bearer" },
  { path: "/notion/", host: "api.notion.com", auth_scheme: "Bearer" },
  { path: "/v1/", host: "api.stripe.com", base: "/v1", auth_scheme: "Bearer" },
  {
    path: "/document-intelligence/",
    host: "my-resource.cognitiveservices.azure.com",
    auth_scheme: "",
    auth_header: "Ocp-Apim-Subscription-Key",
  },
  { path: "/mcp/", host: "mcp.example.com", auth_scheme: "Bearer" },
  { byHost: true, host: "mcp.example.com", auth_scheme: "Bearer" },
  { path: "/stripe/", host: "api.stripe.com", auth_scheme: "Bearer" },
  ...PRESETS,
];

/** Returns a setup with new credentials. */
export function makeRouteSetup(clientTokenEnv: string | undefined): RouteSetup {
  const hosts = [...new Set(ROUTES.map(({ host }) => host))];
  const names = new Map(hosts.map((host) => [host, `${host.replaceAll(/[.-]/g, "_").toUpperCase()}_TOKEN`]));
  const tokens = Object.fromEntries(hosts.map((host) => [names.get(host), makeKey("real")]));
  return {
    table: {
      ...clientTokenEnv === undefined ? {} : { client_token_env: clientTokenEnv },
      routes: ROUTES.map(({ host, base = "", byHost, ...fields }) => ({
        ...byHost ? { host } : {},
        ...fields,
        upstream: `https://${host}${base}`,
        token_env: names.get(host),
      })),
    },
    tokens,
    required: hosts.map((host) => {
      const { auth_header = "authorization", auth_scheme, auth_user } = ROUTES.find((each) =>
        each.host === host
      ) ?? fail(host);
      const token = tokens[names.get(host) ?? ""] ?? "";
      const shown = auth_user === undefined ? token : btoa(`${auth_user}:${token}`);
      return {
        host,
        field: auth_header.toLowerCase(),
        value: auth_scheme === "" ? shown : `${auth_scheme} ${shown}`,
      };
    }),
  };
}

/** Takes a preset's only route; the token's variable is the table's own. */
function presetRoute({ host, routes: [route] }: Provider): RouteFields {
  if (host === undefined || route?.fields.path === undefined) {
    throw new Error("A preset without host or path");
  }
  const { path, upstream, auth_scheme } = route.fields;
  const base = upstream.replace("https://{host}", "");
  return { host, path, ...base === "" ? {} : { base }, auth_scheme: String(auth_scheme) };
}

function fail(host: string): never {
  throw new Error(`No route for ${host}`);
}
