import { shellQuote } from "../../core/shell_quote.ts";
import { duplicatePathWarning } from "./base_url.ts";
import type { Recipe } from "./recipe.ts";

/** The recipe for clients of the Messages API. */
export const anthropic: Recipe = ({ route, url, key }) => ({
  clients: "Claude Code, @anthropic-ai/sdk",
  choice: "Claude Code",
  lines: [
    ...duplicatePathWarning(route.upstream, "/v1"),
    // Not ANTHROPIC_API_KEY, for which Claude Code asks the user's permission.
    { export: [["ANTHROPIC_BASE_URL", shellQuote(url)], ["ANTHROPIC_AUTH_TOKEN", key]] },
  ],
});
