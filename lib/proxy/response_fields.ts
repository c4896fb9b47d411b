import type { RouteConfig } from "../config/route/route_config.ts";
import { HOP_BY_HOP } from "../http/field_names.ts";
import type { Mask } from "../mask/mask.ts";
import type { Tally } from "../mask/tally.ts";
import type { HttpResponse } from "../upstream/transport.ts";
import { connectionOptions } from "./build_request.ts";
import { mayHoldPaths } from "./reference/reference_fields.ts";
import type { ReferenceRewriter } from "./reference/reference_rewriter.ts";

/** How a response's fields are changed, in addition to the rules that apply to every response. */
export interface ResponseFieldRules {
  readonly route: Pick<RouteConfig, "cookies">;
  readonly references: () => ReferenceRewriter;
  /** The mask for both names and values. */
  readonly mask: Mask | undefined;
  /** Counts what is masked. */
  readonly tally?: Tally;
}

/** Copies the fields of the upstream's response that the client gets, in order. */
export function copyResponseFields(
  { route, references, mask, tally }: ResponseFieldRules,
  { head, framing }: Pick<HttpResponse, "head" | "framing">,
  to: Pick<Headers, "append">,
): void {
  const { connection } = head.framing;
  // Nearly always one of these, which name no fields.
  const usual = connection === undefined || connection === "keep-alive" || connection === "close";
  const named = usual ? undefined : connectionOptions(connection);
  // Without content (HEAD, 304) a length is that of the response to a GET: RFC 9110, section 8.6.
  const counted = framing.kind === "length" || framing.kind === "none";
  // One search of the whole head, since there nearly never is anything to mask. Names are in lower case only here.
  const isFound = mask?.findsIn(head.text) || head.fields.some(({ 0: name }) => mask?.findsIn(name));
  const masked = isFound ? mask : undefined;
  // Most responses hold no URL at all.
  const holdsUrl = head.text.includes("://");
  let rewriter: ReferenceRewriter | undefined;
  for (const { 0: name, 1: value } of head.fields) {
    if (HOP_BY_HOP.has(name) || named?.has(name)) continue;
    if (name === "set-cookie" && !route.cookies) continue;
    // Obsolete (RFC 6265, section 1), and not fitted to the route.
    if (name === "set-cookie2") continue;
    if (name === "content-length" && !counted) continue;
    const passed = holdsUrl || mayHoldPaths(name) ? (rewriter ??= references()).field(name, value) : value;
    if (passed === undefined) continue;
    if (masked === undefined) to.append(name, passed);
    else to.append(masked.maskText(name, tally), masked.maskText(passed, tally));
  }
}
