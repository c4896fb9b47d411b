import type { RouteConfig } from "../config/route/route_config.ts";
import { HOP_BY_HOP } from "../http/field_names.ts";
import type { Mask } from "../mask/mask.ts";
import type { HttpResponse } from "../upstream/transport.ts";
import { connectionOptions } from "./build_request.ts";
import { rewriteLocation } from "./location.ts";

/** What happens to a response's fields, apart from what happens to those of every response. */
export interface ResponseFieldRules {
  readonly route: Pick<RouteConfig, "cookies" | "upstream" | "path">;
  /** Masks names as well as values. */
  readonly mask: Mask | undefined;
  /** Whether the content goes on without its coding, and so with another length. */
  readonly decoded: boolean;
}

/** Copies the upstream's fields that the client gets, in their order. */
export function copyResponseFields(
  { route, mask, decoded }: ResponseFieldRules,
  { head, framing }: Pick<HttpResponse, "head" | "framing">,
  to: Pick<Headers, "append">,
): void {
  const { connection } = head.framing;
  // Nearly always one of these, which name no other field.
  const usual = connection === undefined || connection === "keep-alive" || connection === "close";
  const named = usual ? undefined : connectionOptions(connection);
  // Without content (HEAD, 304) a length says what a GET would bring: RFC 9110, section 8.6.
  const counted = !decoded && (framing.kind === "length" || framing.kind === "none");
  for (const [name, value] of head.fields) {
    if (HOP_BY_HOP.has(name) || named?.has(name)) continue;
    if (name === "set-cookie" && !route.cookies) continue;
    if (name === "content-length" && !counted) continue;
    if (name === "content-encoding" && decoded) continue;
    const isReference = name === "location" || name === "content-location";
    const passed = isReference ? rewriteLocation(value, route.upstream, route.path) : value;
    if (mask === undefined) to.append(name, passed);
    else to.append(mask.maskText(name), mask.maskText(passed));
  }
}
