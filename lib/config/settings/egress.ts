/**
 * The egress proxy, configured by the same variables, with the same meaning, as curl and most other clients.
 *
 * There are two differences: CONNECT is used for http upstreams as well, so that the egress proxy has no request with a
 * credential to parse; and only `http://` proxies are supported.
 *
 * @module
 */

import { failAll, ok, type Result } from "../../core/result.ts";
import type { Address } from "../../http/host.ts";
import { type Bypass, bypasses, parseBypass } from "./egress_bypass.ts";
import { type EgressProxy, parseEgressProxy } from "./egress_proxy.ts";
import { type Getter, optionalSetting, readSettings, setting, type SettingValues } from "./setting.ts";

export type { EgressProxy };

/** The settings of the egress proxy. A variable in lower case takes precedence, as with curl. */
export const EGRESS_SETTINGS = {
  /** The proxy for https upstreams. */
  https: optionalSetting<EgressProxy>({
    variable: "HTTPS_PROXY",
    anyCase: true,
    parse: parseEgressProxy,
    help: "egress proxy for https upstreams, used with CONNECT",
    verbs: ["serve", "permissions", "check"],
  }),
  /** The proxy for http upstreams. */
  http: optionalSetting<EgressProxy>({
    variable: "HTTP_PROXY",
    anyCase: true,
    parse: parseEgressProxy,
    help: "egress proxy for http upstreams, used with CONNECT",
    verbs: ["serve", "permissions", "check"],
  }),
  /** The hosts that are reached without a proxy. */
  bypass: setting<readonly Bypass[]>({
    variable: "NO_PROXY",
    anyCase: true,
    default: "",
    parse: parseBypass,
    help: "hosts that are reached without an egress proxy",
    verbs: ["serve", "permissions", "check"],
  }),
};

/** The values of the egress settings: which connections go through which proxy. */
export type Egress = SettingValues<typeof EGRESS_SETTINGS>;

/** Parses the egress proxy's variables. */
export function parseEgress(get: Getter): Result<Egress> {
  const reading = readSettings(EGRESS_SETTINGS, get);
  return reading.ok ? ok(reading.values) : failAll(reading.problems);
}

/** Returns the egress proxy for an upstream, or undefined if it is reached directly. */
export function egressFor(
  egress: Egress,
  upstream: Address & { readonly scheme: "http" | "https" },
): EgressProxy | undefined {
  return egress.bypass.some((entry) => bypasses(entry, upstream)) ? undefined : egress[upstream.scheme];
}
