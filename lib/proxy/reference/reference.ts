import type { Upstream } from "../../config/route/route_config.ts";

/** A reference that begins with a path from the root, or with an authority before it: RFC 3986, section 4.2. */
export interface Reference {
  /** In lower case; undefined for a reference without a scheme. */
  readonly scheme: string | undefined;
  /** As it stands; undefined for a reference that is only a path. */
  readonly authority: string | undefined;
  /** From its first slash, with query and fragment. */
  readonly path: string;
}

/** Browsers treat a backslash as a slash, so it ends an authority. */
const WITH_AUTHORITY = /^(?:(https?|wss?):)?\/\/([^/?#\\]*)(.*)$/is;

/** Parses a reference; returns undefined for one that is relative to the path of the request, or of another scheme. */
export function parseReference(text: string): Reference | undefined {
  const parts = WITH_AUTHORITY.exec(text);
  if (parts === null) {
    return text.startsWith("/") ? { scheme: undefined, authority: undefined, path: text } : undefined;
  }
  const path = parts[3]!;
  return {
    scheme: parts[1]?.toLowerCase(),
    authority: parts[2]!,
    path: path.startsWith("/") ? path : `/${path}`,
  };
}

/**
 * Returns the host and port of a reference, spelled as `Upstream.authority` is.
 *
 * A default port is left out, so that `http://api.test` and `https://api.test` are one place: servers redirect from one to
 * the other, and link to themselves by either.
 *
 * @param upstream The server that sent the reference.
 */
export function authorityOf({ scheme, authority }: Reference, upstream: Upstream): string {
  if (authority === undefined) return upstream.authority;
  const usual = isSecure(scheme ?? upstream.scheme) ? ":443" : ":80";
  const lower = authority.toLowerCase();
  return lower.endsWith(usual) ? lower.slice(0, -usual.length) : lower;
}

function isSecure(scheme: string): boolean {
  return scheme === "https" || scheme === "wss";
}

/**
 * Returns the path below a base, from its slash on, with query and fragment; undefined if a path is outside of the base.
 *
 * @param path From its first slash.
 */
export function pathBelow(base: string, path: string): string | undefined {
  const next = path[base.length];
  if (!path.startsWith(base) || (next !== undefined && !"/?#".includes(next))) return undefined;
  return next === "/" ? path.slice(base.length) : `/${path.slice(base.length)}`;
}
