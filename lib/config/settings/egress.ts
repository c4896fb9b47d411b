/**
 * The egress proxy: the variables that curl and most other clients know, read as curl reads them.
 *
 * With two differences. An http upstream is reached with CONNECT as well, so that the egress proxy never sees a
 * credential in a head that it would have to parse itself. And only `http://` proxies are supported.
 *
 * @module
 */

import { failAll, ok, type Result } from "../../core/result.ts";
import type { Address } from "../../http/host.ts";
import { type Bypass, bypasses, parseBypass } from "./egress_bypass.ts";
import { type EgressProxy, parseEgressProxy } from "./egress_proxy.ts";
import { type Getter, optionalSetting, readSettings, setting, type SettingValues } from "./setting.ts";

export type { EgressProxy };

/** The settings of egress. In lower case a variable wins, as with curl. */
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
  /** What is reached without a proxy. */
  bypass: setting<readonly Bypass[]>({
    variable: "NO_PROXY",
    anyCase: true,
    default: "",
    parse: parseBypass,
    help: "hosts that are reached without an egress proxy",
    verbs: ["serve", "permissions", "check"],
  }),
};

/** Which connections go through which proxy. */
export type Egress = SettingValues<typeof EGRESS_SETTINGS>;

/** Parses the proxy variables. */
export function parseEgress(get: Getter): Result<Egress> {
  const reading = readSettings(EGRESS_SETTINGS, get);
  return reading.ok ? ok(reading.values) : failAll(reading.problems);
}

/** Returns the proxy for an upstream, or undefined if it is reached without one. */
export function egressFor(
  egress: Egress,
  upstream: Address & { readonly scheme: "http" | "https" },
): EgressProxy | undefined {
  return egress.bypass.some((entry) => bypasses(entry, upstream)) ? undefined : egress[upstream.scheme];
}
