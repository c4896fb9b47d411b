/**
 * The route table that all cases share, as a user would write it, and the real credential of each route.
 *
 * @module
 */

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

/** The routes' fields, from which the credential of each upstream follows. */
const ROUTES = [
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
];

/** Returns a setup with new credentials. */
export function makeRouteSetup(clientTokenEnv: string | undefined): RouteSetup {
  const hosts = [...new Set(ROUTES.map(({ host }) => host))];
  const names = new Map(hosts.map((host) => [host, `${host.replaceAll(/[.-]/g, "_").toUpperCase()}_TOKEN`]));
  const tokens = Object.fromEntries(hosts.map((host) => [names.get(host), makeKey("real")]));
  return {
    table: {
      ...clientTokenEnv === undefined ? {} : { client_token_env: clientTokenEnv },
      routes: ROUTES.map(({ host, byHost, ...fields }) => ({
        ...byHost ? { host } : {},
        ...fields,
        upstream: `https://${host}`,
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
      return { host, field: auth_header, value: auth_scheme === "" ? shown : `${auth_scheme} ${shown}` };
    }),
  };
}

function fail(host: string): never {
  throw new Error(`No route for ${host}`);
}
