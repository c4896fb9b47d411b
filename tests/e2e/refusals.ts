import type { RefusalCode } from "../../lib/http/refusal.ts";
import { makeKey } from "./secrets.ts";
import type { Script } from "../support/upstream.ts";
import type { E2eFixtureOptions } from "./fixture.ts";

/** A way to make the service refuse all requests of a client. */
export interface RefusalCase {
  readonly code: RefusalCode;
  readonly status: number;
  /** Whether only a change of the configuration resolves it. */
  readonly permanent: boolean;
  /** A part of the service's own message. */
  readonly message: string;
  readonly fixture: Partial<E2eFixtureOptions>;
  /** The client's key. */
  readonly key?: string;
  /** Whether all slots for requests in flight must be taken. */
  readonly saturated?: true;
}

/** Moves a route to another path or host. */
function moved(route: object): object {
  return "host" in route
    ? { ...route, host: `elsewhere.${(route as { host: string }).host}` }
    : { ...route, path: `/elsewhere${(route as { path: string }).path}` };
}

/** Responds in a coding that the service can't look into. */
const respondUnreadably: Script = async (exchange) => {
  await exchange.drain();
  await exchange.respond(200, { "Content-Encoding": "compress" }, "x");
};

/** The refusals that can be provoked for every client. */
export const REFUSAL_CASES: readonly RefusalCase[] = [
  {
    code: "client_token_required",
    status: 401,
    permanent: true,
    message: "requires a client token",
    fixture: { clientToken: true },
    key: makeKey("wrong"),
  },
  {
    code: "not_allowed",
    status: 403,
    permanent: true,
    message: "does not allow",
    fixture: { changeRoute: (route) => ({ ...route, methods: ["PURGE"] }) },
  },
  {
    code: "no_route",
    status: 404,
    permanent: true,
    message: "No route for",
    // A host that is not served would be another refusal.
    fixture: { changeRoute: moved, env: { CRED_PROXY_HOSTS: "api.github.com" } },
  },
  {
    code: "token_unset",
    status: 500,
    permanent: true,
    message: "token of this route is not set",
    fixture: { changeRoute: (route) => ({ ...route, token_env: "UNSET_TOKEN" }) },
  },
  {
    code: "upstream_failed",
    status: 502,
    permanent: false,
    message: "upstream could not be reached",
    fixture: { reachable: false },
  },
  {
    code: "upstream_reply_refused",
    status: 502,
    permanent: true,
    message: "its response can't be forwarded",
    fixture: {
      mocks: ({ setup }) =>
        Promise.resolve(Object.fromEntries(setup.required.map(({ host }) => [host, respondUnreadably]))),
    },
  },
  {
    code: "overloaded",
    status: 503,
    permanent: false,
    message: "Too many requests in flight",
    fixture: { env: { CRED_PROXY_MAX_IN_FLIGHT: "1" } },
    saturated: true,
  },
];

/** The path of a request that takes a slot until it is aborted. */
export const HELD_PATH = "/crowd";
