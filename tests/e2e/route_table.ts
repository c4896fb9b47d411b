/**
 * The route table that all trials share, as a user would write it, and the real credential of each route.
 *
 * @module
 */

import { makeKey } from "./secrets.ts";

/** What an upstream demands, and of whom. */
export interface RequiredCredential {
  /** The upstream's host, by which requests are told apart. */
  readonly host: string;
  /** The field name, in lower case, and the one value that is let in. */
  readonly field: string;
  readonly value: string;
}

/** What the service is given. */
export interface RouteSetup {
  readonly table: { readonly routes: readonly object[] };
  /** The tokens, by their variables. */
  readonly tokens: Readonly<Record<string, string>>;
  readonly required: readonly RequiredCredential[];
}

/** How the credential of each upstream looks: the route's fields, and the field that must come of them. */
const ROUTES = [
  { path: "/anthropic/", host: "api.anthropic.com", auth_scheme: "", auth_header: "x-api-key" },
  { path: "/openai/", host: "api.openai.com", auth_scheme: "Bearer" },
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

/** A setting with credentials of its own. */
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
