/**
 * The service in front of a mock upstream that each test scripts: one of both for all tests of a file.
 *
 * @module
 */

import type { Exchange } from "./exchange.ts";
import { type Service, startService } from "./service.ts";
import { type Script, startUpstream, type Upstream } from "./upstream.ts";
import { request, type WireResponse } from "./wire.ts";

/** The token of every fixture's service, in the variable `A_TOKEN`. */
export const TOKEN = "real-Wq7Zt2LmK9xB4vNc";

/** How to set up a fixture. */
export interface FixtureOptions {
  /** Returns the routes, given the upstream's URL; `auth_scheme` defaults to Bearer and `token_env` to A_TOKEN. */
  readonly routes?: (upstream: string) => readonly object[];
  /** More variables. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A response, and the request as the upstream got it. */
export interface FixtureResponse {
  readonly response: WireResponse;
  /** Undefined when nothing reached the upstream. */
  readonly seen: Exchange | undefined;
}

/** A service and its upstream; both run while a test does. */
export interface Fixture {
  readonly service: Service;
  readonly upstream: Upstream;
  /** Sets what the upstream does with requests from now on. */
  setScript(script: Script): void;
  /** Sends text over a new connection and reads one response; by default the upstream responds `ok`. */
  ask(text: string | Uint8Array, script?: Script): Promise<FixtureResponse>;
}

/** The upstream's default script. */
export const OK: Script = (exchange) => exchange.respond(200, [], "ok");

/** Starts a fixture before the first test of the file and stops it after the last. Its default route is `/a/`. */
export function useFixture(
  { routes = (upstream) => [{ path: "/a/", upstream }], env }: FixtureOptions = {},
): Fixture {
  let script = OK;
  let set: { readonly service: Service; readonly upstream: Upstream } | undefined;

  Deno.test.beforeAll(async () => {
    const upstream = startUpstream((exchange) => script(exchange));
    const table = {
      routes: routes(upstream.url).map((route) => ({
        auth_scheme: "Bearer",
        token_env: "A_TOKEN",
        ...route,
      })),
    };
    set = { upstream, service: await startService({ routes: table, env: { A_TOKEN: TOKEN, ...env } }) };
  });
  Deno.test.afterAll(async () => {
    await set?.service[Symbol.asyncDispose]();
    await set?.upstream.close();
  });

  function get() {
    if (set === undefined) throw new Error("Cannot use a fixture outside of a test");
    return set;
  }

  return {
    get service() {
      return get().service;
    },
    get upstream() {
      return get().upstream;
    },
    setScript(next) {
      script = next;
    },
    async ask(text, next = OK) {
      script = next;
      const { service, upstream } = get();
      const before = upstream.requests.length;
      const response = await request(service.port, text);
      if (upstream.requests.length > before + 1) {
        throw new Error(`Upstream got ${upstream.requests.length - before} requests`);
      }
      return { response, seen: upstream.requests[before] };
    },
  };
}
