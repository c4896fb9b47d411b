import { duplicatePathWarning } from "./base_url.ts";
import type { Recipe } from "./recipe.ts";
import { shellQuote } from "../core/shell_quote.ts";

/** The recipe for clients of the Gemini API. */
export const gemini: Recipe = ({ route, url, key }) => ({
  clients: "Gemini CLI, @google/genai",
  lines: [
    // The clients differ in which of the two they use.
    ...["/v1beta", "/v1"].flatMap((path) => duplicatePathWarning(route.upstream, path)),
    `export GOOGLE_GEMINI_BASE_URL=${shellQuote(url)} GEMINI_API_KEY=${key}`,
    // With a base URL and no selected type, Gemini CLI assumes a gateway and refuses to start.
    `[ -e ~/.gemini/settings.json ] || { mkdir -p ~/.gemini && echo ${
      shellQuote('{"security":{"auth":{"selectedType":"gemini-api-key"}}}')
    } > ~/.gemini/settings.json; }`,
  ],
});
