import { TOKEN_PLACEHOLDER } from "../config/route/placement.ts";
import { Secret } from "../core/secret.ts";
import { percentEncodeSegment } from "../http/percent.ts";
import type { Placement } from "./token_credential.ts";

/**
 * Places the token in the upstream's path: `/bot{token}`.
 *
 * @param base The upstream's base path, with which each target begins.
 */
export function inPath(base: string): Placement {
  // By position: what the client sent may contain the placeholder too.
  const start = base.indexOf(TOKEN_PLACEHOLDER);
  const end = start + TOKEN_PLACEHOLDER.length;
  return {
    textFor: (token) => Secret.of(base.slice(0, start) + percentEncodeSegment(token.reveal())),
    add(request, text) {
      const target = typeof request.target === "string" ? request.target : request.target.reveal();
      request.target = Secret.of(text.reveal() + target.slice(end));
    },
  };
}
