import { fail, ok, type Result } from "../../core/result.ts";
import { TOKEN_PLACEHOLDER } from "./placement.ts";
import type { TokenEndpoint } from "./token_from.ts";
import { parseUpstream } from "./upstream_url.ts";

/** Parses the URL of a token endpoint, under the same rules as a route's upstream. */
export function parseTokenEndpoint(text: string, path: string): Result<TokenEndpoint> {
  const upstream = parseUpstream(text, path);
  if (!upstream.ok) return upstream;
  if (upstream.value.base.includes(TOKEN_PLACEHOLDER)) {
    return fail(path, "invalid_placeholder", `must not contain ${TOKEN_PLACEHOLDER}`);
  }
  const target = text.replace(/^[a-z]+:\/\/[^/]*/i, "");
  return ok({ upstream: upstream.value, target: target === "" ? "/" : target, url: text });
}
