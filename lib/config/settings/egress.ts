import { Secret } from "../../core/secret.ts";
import { checkFieldText } from "../../http/field_text.ts";
import { parseHost, parseHostPort, parsePort } from "../../http/host.ts";
import type { Problem, Result } from "../../core/result.ts";
import type { Upstream } from "../route/route_config.ts";

/**
 * The egress proxy: the variables that curl and most other clients know, read as curl reads them.
 *
 * Two differences. An http upstream is reached with CONNECT as well, so that the egress proxy never sees a credential
 * in a head that it would itself have to take apart. And only `http://` proxies are spoken to.
 *
 * @module
 */

/** A proxy that connections to upstreams go through, with CONNECT (RFC 9110, section 9.3.6). */
export interface EgressProxy {
  readonly host: string;
  readonly port: number;
  /** `user:password` for Proxy-Authorization, in Latin-1. */
  readonly credentials: Secret | undefined;
}

/** Which connections go through which proxy. */
export interface Egress {
  readonly https: EgressProxy | undefined;
  readonly http: EgressProxy | undefined;
  /** What is reached without one. */
  readonly bypass: readonly Bypass[];
}

/** An entry of NO_PROXY. */
export interface Bypass {
  /** `*`, an address, or a name which stands for itself and all below it. */
  readonly host: string;
  /** Undefined: any port. */
  readonly port: number | undefined;
}

/** The variables read here, the stronger of each pair first: lower case wins, as with curl. */
export const EGRESS_VARIABLES: readonly string[] = [
  "https_proxy",
  "HTTPS_PROXY",
  "http_proxy",
  "HTTP_PROXY",
  "no_proxy",
  "NO_PROXY",
];

/** Judge the proxy variables. No message quotes a value: a password may stand in it. */
export function parseEgress(get: (name: string) => string | undefined): Result<Egress> {
  const problems: Problem[] = [];
  function proxy(variable: string): EgressProxy | undefined {
    const [name, text] = eitherCase(variable, get);
    if (text === "") return undefined;
    const parsed = parseProxy(text);
    if (typeof parsed !== "string") return parsed;
    problems.push({ path: name, message: `${parsed} (the value is not shown)` });
    return undefined;
  }
  const egress = {
    https: proxy("HTTPS_PROXY"),
    http: proxy("HTTP_PROXY"),
    bypass: parseBypass(eitherCase("NO_PROXY", get)[1]),
  };
  return problems.length === 0 ? { ok: true, value: egress } : { ok: false, problems };
}

/** The proxy for an upstream, or undefined if it is reached without one. */
export function egressFor(
  egress: Egress,
  upstream: Pick<Upstream, "scheme" | "host" | "port">,
): EgressProxy | undefined {
  return egress.bypass.some((entry) => bypasses(entry, upstream)) ? undefined : egress[upstream.scheme];
}

function eitherCase(
  variable: string,
  get: (name: string) => string | undefined,
): [name: string, value: string] {
  const lower = variable.toLowerCase();
  const value = get(lower) ?? "";
  return value === "" ? [variable, get(variable) ?? ""] : [lower, value];
}

/** `[http://][user[:password]@]host[:port][/]`, or what is wrong. */
function parseProxy(text: string): EgressProxy | string {
  const [, scheme = "http", rest = ""] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/is.exec(text) ?? [];
  if (scheme.toLowerCase() !== "http") return "must be an http:// proxy: no other kind is spoken to";
  const at = rest.lastIndexOf("@");
  const user = at < 0 ? undefined : rest.slice(0, at);
  // A slash in front of the last @ means that the @ stands in a path, or that a password was not percent-encoded.
  if (user !== undefined && /[/?#]/.test(user)) {
    return "must have / ? # and @ in the user and password percent-encoded";
  }
  const [, address = "", path = ""] = /^([^/?#]*)(.*)$/s.exec(rest.slice(at + 1)) ?? [];
  if (path !== "" && path !== "/") return "must have no path, query or fragment";
  const found = parseHostPort(address);
  if (typeof found === "string") return found;
  const credentials = user === undefined ? undefined : parseCredentials(user);
  if (typeof credentials === "string") return credentials;
  return { host: found.host, port: found.port ?? 80, credentials };
}

/** A proxy URL's user and password, decoded (RFC 3986, section 3.2.1), as Basic wants them (RFC 7617). */
function parseCredentials(userinfo: string): Secret | string {
  const [, user = "", password = ""] = /^([^:]*):?(.*)$/s.exec(userinfo) ?? [];
  let pair: string;
  try {
    const name = decodeURIComponent(user);
    if (name.includes(":")) return "must have no colon in the user";
    pair = `${name}:${decodeURIComponent(password)}`;
  } catch {
    return "must have a user and a password in proper percent-encoding";
  }
  const fault = checkFieldText(pair);
  return fault === undefined ? Secret.of(pair) : `has a user or password that ${fault}`;
}

/**
 * Entries are parted by commas or white space, as curl takes them. One that can't be understood (an address range such
 * as `10.0.0.0/8`) is passed over: it bypasses nothing, so the connection goes the way that is watched.
 */
function parseBypass(text: string): readonly Bypass[] {
  return text.split(/[\s,]+/).flatMap((entry) => {
    if (entry === "*") return [{ host: "*", port: undefined }];
    // `.example.com`, `*.example.com` and `example.com` mean the same; what does not match may be a bare IPv6 address.
    const [, name = `[${entry}]`, digits] = /^(?:\*?\.)?(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(entry) ?? [];
    const host = parseHost(name);
    const port = digits === undefined ? undefined : parsePort(digits);
    if (host === undefined || (digits !== undefined && port === undefined)) return [];
    return [{ host, port }];
  });
}

function bypasses(entry: Bypass, upstream: Pick<Upstream, "host" | "port">): boolean {
  if (entry.port !== undefined && entry.port !== upstream.port) return false;
  if (entry.host === "*" || entry.host === upstream.host) return true;
  // No entry is a part of an address, so that nothing but a name ends like this.
  return upstream.host.endsWith(`.${entry.host}`);
}
