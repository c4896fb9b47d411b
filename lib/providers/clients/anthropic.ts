import { shellQuote } from "../../core/shell_quote.ts";
import { baseUrl, duplicatePathWarning } from "./base_url.ts";
import { jsKey, libraryLine, literal } from "./library.ts";
import type { Recipe } from "./recipe.ts";

/** The recipe for clients of the Messages API. */
export const anthropic: Recipe = (endpoint) => ({
  clients: "Claude Code, @anthropic-ai/sdk",
  choice: "Claude Code",
  lines: [
    ...duplicatePathWarning(endpoint.route.upstream, "/v1"),
    // Not ANTHROPIC_API_KEY, for which Claude Code asks the user's permission.
    { export: [["ANTHROPIC_BASE_URL", shellQuote(endpoint.url)], ["ANTHROPIC_AUTH_TOKEN", endpoint.key]] },
    libraryLine(
      "@ai-sdk/anthropic",
      `createAnthropic({ baseURL: ${literal(baseUrl(endpoint, "/v1"))}, authToken: ${jsKey(endpoint)} })`,
    ),
  ],
});
