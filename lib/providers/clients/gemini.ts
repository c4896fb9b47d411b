import { shellQuote } from "../../core/shell_quote.ts";
import { duplicatePathWarning } from "./base_url.ts";
import type { Recipe } from "./recipe.ts";

/** With a base URL and no selected type, Gemini CLI assumes a gateway and refuses to start. */
const SETTINGS = '{"security":{"auth":{"selectedType":"gemini-api-key"}}}';

/** The recipe for clients of the Gemini API. */
export const gemini: Recipe = ({ route, url, key }) => {
  const lines = [
    // The clients differ in which of the two they use.
    ...["/v1beta", "/v1"].flatMap((path) => duplicatePathWarning(route.upstream, path)),
    { export: [["GOOGLE_GEMINI_BASE_URL", shellQuote(url)], ["GEMINI_API_KEY", key]] as const },
  ];
  return {
    clients: "Gemini CLI, @google/genai",
    lines: [
      ...lines,
      `[ -e ~/.gemini/settings.json ] || { mkdir -p ~/.gemini && echo ${
        shellQuote(SETTINGS)
      } > ~/.gemini/settings.json; }`,
    ],
    files: [{ path: ".gemini/settings.json", content: SETTINGS }],
    variables: [...lines, `# Gemini CLI also wants this in ~/.gemini/settings.json: ${SETTINGS}`],
  };
};
