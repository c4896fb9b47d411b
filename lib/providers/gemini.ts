import { doubledPath } from "./base_url.ts";
import type { Recipe } from "./recipe.ts";
import { shellQuote } from "./shell_quote.ts";

/** Clients of the Gemini API. */
export const gemini: Recipe = ({ route, url, key }) => ({
  clients: "Gemini CLI, @google/genai",
  lines: [
    // One asks for the first, the other for the second.
    ...["/v1beta", "/v1"].flatMap((path) => doubledPath(route.upstream, path)),
    `export GOOGLE_GEMINI_BASE_URL=${shellQuote(url)} GEMINI_API_KEY=${key}`,
    // With a base URL and no word about it, Gemini CLI takes itself to be behind a gateway and refuses to start.
    `[ -e ~/.gemini/settings.json ] || { mkdir -p ~/.gemini && echo ${
      shellQuote('{"security":{"auth":{"selectedType":"gemini-api-key"}}}')
    } > ~/.gemini/settings.json; }`,
  ],
});
