import type { Reference } from "./reference.ts";

/** A reference as clients read it. */
export interface ReadReference {
  /** In a spelling that clients agree on. */
  readonly text: string;
  /** Undefined for a reference that is relative to the path of the request, or of another scheme. */
  readonly parsed?: Reference;
  /** Whether it has a scheme or an authority. */
  readonly isElsewhere: boolean;
}

/** The schemes whose URLs are paths at an authority, with any number of slashes before it. */
const WEB: ReadonlySet<string> = new Set(["http", "https", "ws", "wss"]);

/** What a URL parser removes: tabs and line ends anywhere, controls and spaces at both ends. */
const REMOVED = /[\t\r\n]|^[\0-\x20]|[\0-\x20]$/;

/** Matches any text: a scheme, slashes, and the rest. */
const PARTS = /^(?:([a-z][a-z0-9+.-]*):)?([/\\]*)(.*)$/is;

/**
 * Reads a reference as the URL parser of browsers does (https://url.spec.whatwg.org/#url-parsing), which most clients have,
 * or one that is like it. What that parser reads differently from RFC 3986 gets a spelling that both read alike:
 *
 * - Tabs and line ends are left out, and what is not visible at both ends.
 * - `http:/b` and `http:b` are relative where the scheme is that of the base, and otherwise name a host.
 * - After a scheme a backslash is a slash, and further slashes before the authority mean nothing, as without a scheme.
 *
 * One that begins with a slash and a backslash, in any order and without a scheme, is a path for RFC 3986 and an authority for
 * browsers. It is taken for a path, so that it stays on the route.
 *
 * @param base The scheme of the server that sent the reference.
 */
export function readReference(text: string, base: string): ReadReference {
  const visible = REMOVED.test(text) ? trimmed(text.replace(/[\t\r\n]+/g, "")) : text;
  const [, name, slashes = "", rest = ""] = PARTS.exec(visible)!;
  const scheme = name?.toLowerCase();
  if (scheme !== undefined && !WEB.has(scheme)) return { text: visible, isElsewhere: true };
  const namesHost = scheme === undefined ? slashes.startsWith("//") : scheme !== base || slashes.length > 1;
  if (namesHost) {
    const end = rest.search(/[/?#\\]|$/);
    const path = rest.slice(end).replace(/^\\/, "/");
    return {
      text: scheme === undefined ? `//${rest}` : `${name}://${rest}`,
      parsed: { scheme, authority: rest.slice(0, end), path: path.startsWith("/") ? path : `/${path}` },
      isElsewhere: true,
    };
  }
  if (slashes !== "") {
    const path = `/${slashes.slice(1)}${rest}`;
    return { text: path, parsed: { scheme: undefined, authority: undefined, path }, isElsewhere: false };
  }
  // Without the scheme, a colon might end another one.
  const isPath = scheme !== undefined && /^[^?#]/.test(rest);
  return { text: isPath ? `./${rest}` : rest, isElsewhere: false };
}

/** Trims a text as a URL parser does. An expression for its end would take quadratic time for spaces before it. */
function trimmed(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) <= SPACE) start++;
  while (end > start && text.charCodeAt(end - 1) <= SPACE) end--;
  return text.slice(start, end);
}

const SPACE = 0x20;
