import type { RefusalCode } from "../../lib/http/refusal.ts";
import { makeKey } from "./secrets.ts";
import type { StageOptions } from "./fixture.ts";

/** A way to make the service refuse whatever a client asks for. */
export interface Provocation {
  readonly code: RefusalCode;
  readonly status: number;
  /** Whether the cause stays as long as nobody changes the configuration. */
  readonly lasting: boolean;
  /** A part of the service's own words. */
  readonly words: string;
  readonly stage: Partial<StageOptions>;
  /** What the client holds for a key. */
  readonly key?: string;
  /** Whether all places for requests in flight are to be taken. */
  readonly crowded?: true;
}

/** A route that another path or host leads to. */
function moved(route: object): object {
  return "host" in route
    ? { ...route, host: "elsewhere.example.com" }
    : { ...route, path: `/elsewhere${(route as { path: string }).path}` };
}

/** The refusals that a client may meet, as far as they can be had for every client alike. */
export const PROVOCATIONS: readonly Provocation[] = [
  {
    code: "client_token_required",
    status: 401,
    lasting: true,
    words: "requires the client token",
    stage: { clientToken: true },
    key: makeKey("wrong"),
  },
  {
    code: "not_allowed",
    status: 403,
    lasting: true,
    words: "does not allow",
    stage: { change: (route) => ({ ...route, methods: ["PURGE"] }) },
  },
  { code: "no_route", status: 404, lasting: true, words: "No route for", stage: { change: moved } },
  {
    code: "token_unset",
    status: 500,
    lasting: true,
    words: "token of this route is not set",
    stage: { change: (route) => ({ ...route, token_env: "UNSET_TOKEN" }) },
  },
  {
    code: "upstream_failed",
    status: 502,
    lasting: false,
    words: "upstream could not be reached",
    stage: { reachable: false },
  },
  {
    code: "overloaded",
    status: 503,
    lasting: false,
    words: "Too many requests in flight",
    stage: { env: { CRED_PROXY_MAX_IN_FLIGHT: "1" } },
    crowded: true,
  },
];

/** Where a request goes that is to take a place for as long as it is wanted. */
export const HELD = "/crowd";
