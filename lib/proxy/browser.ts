import { Refusal } from "../http/refusal.ts";

/**
 * Checks that a request does not come from a web page, which can make the browser of a user send requests to a listener on
 * the user's own machine or network, with the user's credentials behind it.
 *
 * Browsers send `Origin` with all requests that a page makes across origins except for simple GETs, and `Sec-Fetch-Site` with
 * every request to a host that they trust, loopback addresses among them. Other clients send neither. (`Sec-Fetch-Mode` is no
 * sign: Node's `fetch` sends it too.)
 *
 * @throws {Refusal} `browser_refused` if it does.
 */
export function assertNoBrowser(fields: Pick<Headers, "get">): void {
  if (isFromBrowser(fields)) throw new Refusal("browser_refused");
}

/** Reports whether a request comes from a web page. */
export function isFromBrowser(fields: Pick<Headers, "get">): boolean {
  return fields.get("origin") !== null || fields.get("sec-fetch-site") !== null;
}
