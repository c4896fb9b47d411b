/**
 * Names of fields and parameters that make some servers treat a request as if it had another method or path.
 *
 * No list of them is complete: each framework, gateway and application has its own, and many let it be configured. So a name
 * is recognised by the words that it consists of, with any separators or none.
 *
 * @module
 */

import { decodeRepeatedly, foldParameter } from "./credential_names.ts";

/** What a field may make a server do: take another method, take another path, or believe another client or host. */
export type OverrideKind = "method" | "path" | "origin";

/** A word that is about the method, and the words that may stand beside it. `helper` is none: SDKs send it. */
const METHOD = /method|verb/;
const METHOD_WORDS = wordsOf(
  "x http https method verb override overrides overridden original orig forwarded forward request requested",
  "real rewrite rewritten envoy proxied proxy tunnel tunneled tunnelled hidden action form rest odata ms name actual",
  "effective target upstream client server custom emulated simulated spoofed fake alternate",
);

/** A word that is about the path, and the words that may stand beside it. */
const PATH = /url|uri|path|prefix|scriptname|rewrite|destination|subrequest/;
const PATH_WORDS = wordsOf(
  "x http https url urls uri path pathname info prefix script name rewrite rewritten destination dest subrequest",
  "original orig originating forwarded forward replaced envoy request requested real raw proxy proxied ingress base",
  "sub root override overridden target context app application servlet route router matched match invoke middleware",
  "next nextjs internal external public upstream accel redirect redirected custom client server full host absolute",
  "relative encoded unencoded decoded translated iis php wsgi asgi cgi query string",
);

/** Returns an expression for a name that consists of these words. */
function wordsOf(...words: readonly string[]): RegExp {
  const all = words.flatMap((line) => line.split(" "));
  // The longest first, so that no word hides one that it begins.
  return new RegExp(`^(?:${all.toSorted((left, right) => right.length - left.length).join("|")})+$`);
}

/** Fields that name a second resource, which the request then reads or writes: WebDAV, and object stores. */
const SECOND_PATH =
  /^(?:destination|x-[a-z]+-(?:copy|rename)-source|x-copy-from|x-object-manifest|x-symlink-target)$/;

/** Fields by which a proxy in front of a server reports the client, the host and the scheme of a request. */
const ORIGIN =
  /^(?:forwarded|x-(?:forwarded|forward|envoy|original|backend)(?:-.*)?|(?:x-)?(?:true-|real-|cluster-|client-|cf-connecting-|remote-|originating-|proxyuser-)+ip|x-remote-addr|x-(?:http-)?host(?:-override)?|x-scheme|front-end-https)$/;

/** The names that were classified, since clients use the same ones all the time. */
const known = new Map<string, OverrideKind | undefined>();

/** How many names are kept: clients choose them. */
const KNOWN_LIMIT = 2048;

/** The longest name that is examined, in characters. Names that servers know are shorter. */
const NAME_LIMIT = 64;

/**
 * Returns what a field may make a server do, or undefined.
 *
 * @param name In lower case.
 */
export function overrideKind(name: string): OverrideKind | undefined {
  const found = known.get(name);
  if (found !== undefined || known.has(name)) return found;
  const kind = name.length > NAME_LIMIT ? undefined : classify(name.replaceAll("_", "-"));
  if (known.size < KNOWN_LIMIT) known.set(name, kind);
  return kind;
}

/** Reports whether a field names a second resource. @param name In lower case. */
export function isSecondPath(name: string): boolean {
  return SECOND_PATH.test(name.replaceAll("_", "-"));
}

function classify(name: string): OverrideKind | undefined {
  const compact = name.replaceAll(/[^a-z0-9]/g, "");
  if (isMethodName(compact)) return "method";
  if (SECOND_PATH.test(name) || (PATH.test(compact) && PATH_WORDS.test(compact))) return "path";
  return ORIGIN.test(name) ? "origin" : undefined;
}

function isMethodName(compact: string): boolean {
  return METHOD.test(compact) && METHOD_WORDS.test(compact);
}

/** Queries without any of these have no parameter that could name a method. */
const SUSPECT = /method|verb|%|[[+.$]/i;

/** Names that APIs use for something else, so that the value decides (`?verb=ListRecords`, `?method=photos.search`). */
const AMBIGUOUS: ReadonlySet<string> = new Set(["method", "verb"]);

/** Methods that servers take from such a parameter. */
const METHOD_VALUES: ReadonlySet<string> = new Set(
  "GET HEAD POST PUT PATCH DELETE OPTIONS TRACE CONNECT PURGE MERGE".split(" "),
);

/**
 * Reports whether a query has a parameter that makes some servers treat the request as if it had another method: `_method`,
 * `_HttpMethod`, `X-HTTP-Method-Override` and their like, in any spelling, after any separator that a server may know.
 *
 * @param query Including its `?`, or empty.
 */
export function namesMethod(query: string): boolean {
  if (query.length < 2 || !SUSPECT.test(query)) return false;
  return query.slice(1).split(/[&;?]/).some((parameter) => {
    const equals = parameter.indexOf("=");
    const name = equals < 0 ? parameter : parameter.slice(0, equals);
    const folded = foldParameter(name);
    if (folded.length > NAME_LIMIT || !isMethodName(folded)) return false;
    if (!AMBIGUOUS.has(name.toLowerCase())) return true;
    return METHOD_VALUES.has(decodeRepeatedly(parameter.slice(equals + 1)).trim().toUpperCase());
  });
}
