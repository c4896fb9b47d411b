import type { RouteConfig } from "../config/route/route_config.ts";
import type { Mask } from "../mask/mask.ts";
import type { ResponseFraming } from "../http/framing.ts";
import type { ResponseHead } from "../upstream/response_head.ts";
import { HOP_BY_HOP } from "../http/field_names.ts";
import { rewriteLocation } from "./location.ts";
import { connectionOptions } from "./request_head.ts";

/** What becomes of a response's fields beside what becomes of every response's. */
export interface FieldRules {
  readonly route: Pick<RouteConfig, "cookies" | "upstream" | "path">;
  /** What is masked, in names as well as in values. */
  readonly mask: Mask | undefined;
  /** Whether the content goes on without its coding, and so with another length. */
  readonly decoded: boolean;
}

/**
 * Puts the upstream's fields that go on to the agent into its response, in their order.
 *
 * @param framing How the content came.
 */
export function copyResponseFields(
  { route, mask, decoded }: FieldRules,
  head: ResponseHead,
  framing: ResponseFraming,
  to: Pick<Headers, "append">,
): void {
  const { connection } = head.framing;
  // As a rule it says one of these two, and so nothing about other fields.
  const usual = connection === undefined || connection === "keep-alive" || connection === "close";
  const named = usual ? undefined : connectionOptions(connection);
  // With no content to count (HEAD, 304) a length tells what a GET would bring: RFC 9110, section 8.6.
  const counted = !decoded && (framing.kind === "length" || framing.kind === "none");
  for (const [name, value] of head.fields) {
    if (HOP_BY_HOP.has(name) || named?.has(name)) continue;
    if (name === "set-cookie" && !route.cookies) continue;
    if (name === "content-length" && !counted) continue;
    if (name === "content-encoding" && decoded) continue;
    const pointer = name === "location" || name === "content-location";
    const passed = pointer ? rewriteLocation(value, route.upstream, route.path) : value;
    if (mask === undefined) to.append(name, passed);
    else to.append(mask.maskText(name), mask.maskText(passed));
  }
}
