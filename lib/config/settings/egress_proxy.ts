import { fail, failAll, ok, type Result } from "../../core/result.ts";
import { Secret } from "../../core/secret.ts";
import { checkFieldText } from "../../http/field_text.ts";
import { parseHostPort } from "../../http/host.ts";
import { valueNotShown } from "../reader/got_text.ts";

/** A proxy through which upstreams are reached with CONNECT (RFC 9110, section 9.3.6). */
export interface EgressProxy {
  readonly host: string;
  readonly port: number;
  /** `user:password` for Proxy-Authorization, in Latin-1. */
  readonly credentials: Secret | undefined;
}

/** Parses `[http://][user[:password]@]host[:port][/]`. No message quotes it: it may contain a password. */
export function parseEgressProxy(text: string, path: string): Result<EgressProxy> {
  const proxy = parseProxyUrl(text, path);
  return proxy.ok ? proxy : failAll(proxy.problems.map(valueNotShown));
}

function parseProxyUrl(text: string, path: string): Result<EgressProxy> {
  const [, scheme = "http", rest = ""] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/is.exec(text) ?? [];
  if (scheme.toLowerCase() !== "http") {
    return fail(path, "invalid_scheme", "must be an http:// proxy; no other kind is supported");
  }
  const at = rest.lastIndexOf("@");
  const userinfo = at < 0 ? undefined : rest.slice(0, at);
  // A slash before the last @ means that the @ is in a path, or that a password was not percent-encoded.
  if (userinfo !== undefined && /[/?#]/.test(userinfo)) {
    const message = "must percent-encode / ? # and @ in the user and password";
    return fail(path, "invalid_userinfo", message);
  }
  const [, authority = "", uriPath = ""] = /^([^/?#]*)(.*)$/s.exec(rest.slice(at + 1)) ?? [];
  if (uriPath !== "" && uriPath !== "/") {
    return fail(path, "unexpected_query", "must have no path, query or fragment");
  }
  const address = parseHostPort(authority, path);
  if (!address.ok) return address;
  const { host, port = 80 } = address.value;
  if (userinfo === undefined) return ok({ host, port, credentials: undefined });
  const credentials = parseCredentials(userinfo, path);
  return credentials.ok ? ok({ host, port, credentials: credentials.value }) : credentials;
}

/** Decodes a proxy URL's user and password (RFC 3986, section 3.2.1) for Basic (RFC 7617). */
function parseCredentials(userinfo: string, path: string): Result<Secret> {
  const [, user = "", password = ""] = /^([^:]*):?(.*)$/s.exec(userinfo) ?? [];
  let pair: string;
  try {
    const name = decodeURIComponent(user);
    if (name.includes(":")) return fail(path, "invalid_userinfo", "must have no colon in the user");
    pair = `${name}:${decodeURIComponent(password)}`;
  } catch {
    return fail(path, "invalid_userinfo", "must have a user and password in valid percent-encoding");
  }
  const problems = checkFieldText(pair, path);
  if (problems.length === 0) return ok(Secret.of(pair));
  return failAll(
    problems.map((each) => ({ ...each, message: `has a user or password that ${each.message}` })),
  );
}
