/**
 * Hosts and ports as they appear in the configuration.
 *
 * @module
 */

import { fail, ok, type Result } from "../core/result.ts";

/** A host and an optional port. */
export interface HostPort {
  /** Lower case; an IPv6 address in its shortest form, without brackets. */
  readonly host: string;
  readonly port: number | undefined;
}

/** Parses `host`, `host:port`, `[IPv6]` or `[IPv6]:port` (RFC 3986, section 3.2). No message quotes the text. */
export function parseHostPort(text: string, path: string): Result<HostPort> {
  const parts = /^(\[[^\]]*\]|[^:]*)(?::([^:]*))?$/.exec(text);
  if (parts === null) return fail(path, "missing_brackets", "must put an IPv6 address in brackets");
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

/** An address to listen on or connect to, as `Deno.listen` and `Deno.connect` accept it. */
export interface Address {
  /** An IPv6 address without brackets. */
  readonly host: string;
  /** For a listener, 0 picks a free port. */
  readonly port: number;
}

/** Parses `host:port` or `[IPv6]:port`; returns undefined for anything else. */
export function parseListenerAddress(text: string): Address | undefined {
  const [, hostText = "", portText = ""] = /^(.*):(\d+)$/.exec(text) ?? [];
  const [host, port] = [parseHost(hostText), parsePort(portText)];
  return host === undefined || port === undefined ? undefined : { host, port };
}

/** Labels of letters, digits, `-` (RFC 1123, section 2.1) and `_`, which occurs in practice. */
const DNS_NAME =
  /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

/**
 * Parses a DNS name, an IPv4 address, or an IPv6 address in brackets, and returns its canonical form without brackets;
 * undefined for anything else.
 *
 * Other spellings of an address (`127.1`, `0x7f.0.0.1`) are rejected rather than normalized, since a permission names a
 * host by its spelling. So are IPv6 zones (RFC 6874), which mean nothing outside one machine, and names with a final
 * dot, which do not occur in certificates.
 */
export function parseHost(text: string): string | undefined {
  const host = text.toLowerCase();
  const isV6 = /^\[[0-9a-f:.]+\]$/.test(host);
  if (!isV6 && !DNS_NAME.test(host)) return undefined;
  let canonical: string;
  try {
    canonical = new URL(`http://${host}/`).hostname;
  } catch {
    return undefined;
  }
  if (isV6) return canonical.slice(1, -1);
  return canonical === host ? host : undefined;
}

/** Parses a port from 0 to 65535, without leading zeros; returns undefined for anything else. */
export function parsePort(text: string): number | undefined {
  if (!/^(?:0|[1-9]\d{0,4})$/.test(text)) return undefined;
  const port = Number(text);
  return port <= 65_535 ? port : undefined;
}

/** Returns `host:port` with an IPv6 address in brackets, as in permissions and the Host field. */
export function hostPort(host: string, port: number): string {
  return `${inBrackets(host)}:${port}`;
}

/** Returns a host with brackets around an IPv6 address, as in a URL. */
export function inBrackets(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
