import type { Route } from "../config/route.ts";
import type { Framing } from "../upstream/framing.ts";
import type { ResponseHead } from "../upstream/response_head.ts";
import { HOP_BY_HOP } from "./field_names.ts";
import { turnLocation } from "./location.ts";
import { connectionOptions } from "./request_head.ts";

/**
 * Puts the upstream's fields that go on to the agent into its response, in their order.
 *
 * @param framing How the content came.
 */
export function copyResponseFields(
  route: Pick<Route, "cookies" | "upstream" | "path">,
  head: ResponseHead,
  framing: Framing,
  to: Pick<Headers, "append">,
): void {
  const { connection } = head.framing;
  // As a rule it says one of these two, and so nothing about other fields.
  const usual = connection === undefined || connection === "keep-alive" || connection === "close";
  const named = usual ? undefined : connectionOptions(connection);
  for (const [name, value] of head.fields) {
    if (HOP_BY_HOP.has(name) || named?.has(name)) continue;
    switch (name) {
      case "set-cookie":
        if (route.cookies) to.append(name, value);
        break;
      case "content-length":
        // With no content to count (HEAD, 304) it tells what a GET would bring: RFC 9110, section 8.6.
        if (framing.kind === "length" || framing.kind === "none") to.append(name, value);
        break;
      case "location":
      case "content-location":
        to.append(name, turnLocation(value, route.upstream, route.path));
        break;
      default:
        to.append(name, value);
    }
  }
}
