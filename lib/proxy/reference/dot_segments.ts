/** A segment that is `.` or `..`, plain or percent-encoded. Browsers treat a backslash as a slash. */
const DOTS = /(?:^|[/\\])(?:\.|%2e){1,2}(?:[/\\]|$)/i;

/** A segment that leads up. */
const UP = /(?:^|[/\\])(?:\.|%2e){2}(?:[/\\]|$)/i;

/** Reports whether a path, without query and fragment, has a segment that is `.` or `..`. */
export function hasDotSegments(path: string): boolean {
  return DOTS.test(path);
}

/** Reports whether a path, without query and fragment, has a segment that leads up. */
export function leadsUp(path: string): boolean {
  return UP.test(path);
}

/**
 * Returns a path without its dot-segments, every other segment byte for byte: RFC 3986, section 5.2.4.
 *
 * A URL parser would encode what servers send plainly, and throw at what it can't parse.
 *
 * @param path From its first slash, without query and fragment.
 */
export function removeDotSegments(path: string): string {
  const segments = path.slice(1).split(/[/\\]/);
  const last = segments.length - 1;
  const kept: string[] = [];
  for (const [at, segment] of segments.entries()) {
    const dots = /^(?:\.|%2e){1,2}$/i.test(segment) ? segment.replace(/%2e/gi, ".") : undefined;
    if (dots === undefined) kept.push(segment);
    else {
      if (dots === "..") kept.pop();
      // What is above or beside the last segment is a folder.
      if (at === last) kept.push("");
    }
  }
  return `/${kept.join("/")}`;
}
