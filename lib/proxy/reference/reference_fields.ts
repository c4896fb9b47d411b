/** Rewrites one reference. */
export interface RewritesReferences {
  reference(text: string): string;
}

/** Fields whose value is one reference, which may be relative: RFC 9110, sections 8.7 and 10.2.2. */
const ONE_REFERENCE: ReadonlySet<string> = new Set(["location", "content-location"]);

/**
 * Fields in which a URL is a name or an origin to be compared, not a place to go to. Objects' own metadata come back as they
 * were stored.
 */
const NAMES =
  /^(?:etag|content-type|access-control-.*|timing-allow-origin|content-security-policy(?:-report-only)?|permissions-policy|set-cookie|x-(?:accepted-)?oauth-scopes|signature(?:-input)?|x-[a-z]+-meta-.*)$/;

/** Parameters of a challenge that say where to get a token: RFC 9728, section 5.1, and the registries of container images. */
const CHALLENGE = /\b((?:realm|resource_metadata|authorization_uri)=)("[^"]*"|[^\s,"]+)/gi;

/** What is in brackets, up to its end or to the next bracket. */
const BRACKETED = /<([^<>]*)(?=[<>])/g;

/** A URL that stands alone, in brackets or quotes, or as the value of a parameter. */
const URL_TEXT = /(?<=^|[\s<"'(,;[]|(?:^|[\s;,?])[\w-]+=)(?:https?|wss?):\/\/[^\s"'<>]*/gi;

/** Reports whether a field may have to be rewritten even if no URL is in it. */
export function mayHoldPaths(name: string): boolean {
  return ONE_REFERENCE.has(name) || name === "link" || name === "set-cookie";
}

/**
 * Returns a field's value with its references rewritten: of any field the URLs of `http` and `ws`, with and without TLS; of
 * Location, Content-Location and Link also paths.
 *
 * @param name In lower case.
 */
export function rewriteField(name: string, value: string, rewriter: RewritesReferences): string {
  if (ONE_REFERENCE.has(name)) return rewriter.reference(value);
  if (name === "link") return rewriteLinks(value, rewriter);
  if (!value.includes("://") || NAMES.test(name)) return value;
  if (name === "www-authenticate") {
    return value.replace(CHALLENGE, (whole: string, parameter: string, quoted: string) => {
      // Most realms are names.
      if (!quoted.includes("://")) return whole;
      const quote = quoted.startsWith('"') ? '"' : "";
      return parameter + quote + rewriter.reference(quote === "" ? quoted : quoted.slice(1, -1)) + quote;
    });
  }
  return value.replace(URL_TEXT, (text) => {
    let end = text.length;
    // An expression for the end would take quadratic time for such characters before it.
    while (",;)]".includes(text[end - 1]!)) end--;
    const url = text.slice(0, end);
    return rewriter.reference(url) + text.slice(url.length);
  });
}

/**
 * Rewrites the references of a Link. What is not in brackets are parameters, in which a URL is the name of a relation:
 * RFC 8288, section 3.
 *
 * Clients differ on a bracket within brackets, or in quotes, so the parts before it and after it are both references.
 */
function rewriteLinks(value: string, rewriter: RewritesReferences): string {
  let end = 0;
  return value.replace(BRACKETED, (text, reference: string, at: number) => {
    const isWithin = at > 0 && at === end;
    end = at + text.length;
    const rewritten = rewriter.reference(reference);
    // After another part, a URL of another place is only a path, which might lead up.
    return isWithin && /(?:\.|%2e){2}/i.test(rewritten) ? "<" : `<${rewritten}`;
  });
}
