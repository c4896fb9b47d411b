import type { Upstream } from "./route_config.ts";
import { fail, ok, type Reader } from "../reader/fields.ts";
import { hostPort, inBrackets, parseHostPort } from "../../http/host.ts";
import { readString } from "../reader/plain_fields.ts";
import { checkPath } from "./uri_path.ts";

const DEFAULT_PORTS = { http: 80, https: 443 } as const;

/**
 * Reads a route's upstream URL.
 *
 * The text is judged as it stands: `new URL()` would fold `https://a/../b`, tabs and `\` into something else and call
 * it good. No message quotes the text, since a password may stand in it.
 */
export const readUpstream: Reader<Upstream> = (json, place) => {
  const judged = readString(json, place);
  if (!judged.ok) return judged;
  const parsed = parseUpstream(judged.value);
  return typeof parsed === "string" ? fail(place, parsed) : ok(parsed);
};

/** The upstream, or what is wrong with the text. */
export function parseUpstream(text: string): Upstream | string {
  if (/[^\x21-\x7e]|\\/.test(text)) {
    return "must hold no white space, control character, backslash or letter beyond ASCII";
  }
  const parts = /^(https?):\/\/([^/?#]*)(.*)$/i.exec(text);
  if (parts === null) return "must begin with https:// or http://";
  const [, name = "", authority = "", path = ""] = parts;
  if (authority.includes("@")) return "must hold no user and no password (the value is not shown)";
  const found = parseHostPort(authority);
  if (typeof found === "string") return found;
  const fault = path === "" ? undefined : checkPath(path);
  if (fault !== undefined) return `path ${fault}`;

  const scheme = name.toLowerCase() === "https" ? "https" : "http";
  const port = found.port ?? DEFAULT_PORTS[scheme];
  return {
    scheme,
    host: found.host,
    port,
    authority: port === DEFAULT_PORTS[scheme] ? inBrackets(found.host) : hostPort(found.host, port),
    base: path.replace(/\/$/, ""),
  };
}

/** The upstream's URL in its one spelling, for people. */
export function upstreamText(upstream: Upstream): string {
  return `${upstream.scheme}://${upstream.authority}${upstream.base}`;
}
