import { doubledPath } from "./base_url.ts";
import type { Recipe } from "./recipe.ts";
import { shellQuote } from "./shell_quote.ts";

/** Clients of the Messages API. */
export const anthropic: Recipe = ({ route, url, key }) => ({
  clients: "Claude Code, @anthropic-ai/sdk",
  lines: [
    ...doubledPath(route.upstream, "/v1"),
    // Not ANTHROPIC_API_KEY, for whose use Claude Code asks the person.
    `export ANTHROPIC_BASE_URL=${shellQuote(url)} ANTHROPIC_AUTH_TOKEN=${key}`,
  ],
});
