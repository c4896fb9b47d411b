import { doubledPath } from "./base_url.ts";
import type { Client } from "./recipe.ts";
import { word } from "./shell_quote.ts";

/** Clients of the Messages API. */
export const anthropic: Client = ({ route, url, key }) => ({
  clients: "Claude Code, @anthropic-ai/sdk",
  lines: [
    ...doubledPath(route.upstream, "/v1"),
    // Not ANTHROPIC_API_KEY, for whose use Claude Code asks the person.
    `export ANTHROPIC_BASE_URL=${word(url)} ANTHROPIC_AUTH_TOKEN=${key}`,
  ],
});
