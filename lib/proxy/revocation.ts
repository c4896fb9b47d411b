import { isStillValid } from "../clients/still_valid.ts";
import type { RequestSpan } from "./request_span.ts";
import type { Router } from "./router.ts";

/**
 * Ends the requests in flight of clients that the current table does not serve any more: those that were removed or have
 * expired, whose token was removed, or that may not use the route any more. A WebSocket or a stream may last for hours, in
 * which a client that was revoked would go on with the credential of its route.
 *
 * @param now Milliseconds since 1970.
 * @returns How many requests were ended, by the client's name.
 */
export function endRevoked(
  { spans, router }: { readonly spans: Iterable<RequestSpan>; readonly router: Pick<Router, "client"> },
  now = Date.now(),
): Map<string, number> {
  const ended = new Map<string, number>();
  for (const span of spans) {
    const { identity } = span;
    if (identity === undefined || span.cutReason === "revoked" || isServed(span, router, now)) continue;
    span.cut("revoked");
    const { name } = identity.client.config;
    ended.set(name, (ended.get(name) ?? 0) + 1);
  }
  return ended;
}

function isServed({ identity, entry }: RequestSpan, router: Pick<Router, "client">, now: number): boolean {
  if (identity === undefined) return true;
  const client = router.client(identity.client.config.name);
  if (client === undefined || !isStillValid(identity, client.config, now)) return false;
  return client.routes === undefined || entry.route === undefined || client.routes.has(entry.route);
}
