/**
 * Hosts and ports as a configuration spells them.
 *
 * @module
 */

import { fail, ok, type Result } from "../core/result.ts";

/** A host, and a port if the text has one. */
export interface HostPort {
  /** Lower case; an IPv6 address in its shortest form and without brackets. */
  readonly host: string;
  readonly port: number | undefined;
}

/** Parses `host`, `host:port`, `[IPv6]` or `[IPv6]:port` (RFC 3986, section 3.2). Messages quote nothing. */
export function parseHostPort(text: string, path: string): Result<HostPort> {
  const parts = /^(\[[^\]]*\]|[^:]*)(?::([^:]*))?$/.exec(text);
  if (parts === null) return fail(path, "missing_brackets", "must have an IPv6 address in brackets");
  const host = parseHost(parts[1] ?? "");
  if (host === undefined) {
    return fail(
      path,
      "invalid_host",
      "must name a host: a DNS name, an IPv4 address, or an IPv6 address in brackets",
    );
  }
  if (parts[2] === undefined) return ok({ host, port: undefined });
  const port = parsePort(parts[2]);
  if (port === undefined || port === 0) return fail(path, "invalid_port", "must have a port from 1 to 65535");
  return ok({ host, port });
}

/** An address to listen on or to connect to, as `Deno.listen` and `Deno.connect` take it. */
export interface Address {
  /** An IPv6 address has no brackets. */
  readonly host: string;
  /** To listen on, 0 picks a free one. */
  readonly port: number;
}

/** Parses `host:port` or `[IPv6]:port`; undefined for anything else. */
export function parseListenerAddress(text: string): Address | undefined {
  const [, hostText = "", portText = ""] = /^(.*):(\d+)$/.exec(text) ?? [];
  const [host, port] = [parseHost(hostText), parsePort(portText)];
  return host === undefined || port === undefined ? undefined : { host, port };
}

/** Labels of letters, digits, `-` (RFC 1123, section 2.1) and `_`, which names in use have. */
const DNS_NAME =
  /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

/**
 * Parses a host into its one spelling: a DNS name, an IPv4 address, or an IPv6 address in brackets, which are removed.
 * Undefined for anything else.
 *
 * An address in another spelling (`127.1`, `0x7f.0.0.1`) is rejected rather than folded, since a grant names a host by
 * its text. So are an IPv6 zone (RFC 6874), which means nothing outside one machine, and a name with a final dot, which
 * certificates do not hold.
 */
export function parseHost(text: string): string | undefined {
  const host = text.toLowerCase();
  const isV6 = /^\[[0-9a-f:.]+\]$/.test(host);
  if (!isV6 && !DNS_NAME.test(host)) return undefined;
  let folded: string;
  try {
    folded = new URL(`http://${host}/`).hostname;
  } catch {
    return undefined;
  }
  if (isV6) return folded.slice(1, -1);
  return folded === host ? host : undefined;
}

/** Parses a port, 0 included: digits without leading zeros. */
export function parsePort(text: string): number | undefined {
  if (!/^(?:0|[1-9]\d{0,4})$/.test(text)) return undefined;
  const port = Number(text);
  return port <= 65_535 ? port : undefined;
}

/** Returns `host:port` as grants, the Host field and people spell it: an IPv6 address in brackets. */
export function hostPort(host: string, port: number): string {
  return `${inBrackets(host)}:${port}`;
}

/** Returns a host as it stands before a port. */
export function inBrackets(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
