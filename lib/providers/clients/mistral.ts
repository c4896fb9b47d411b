import { duplicatePathWarning } from "./base_url.ts";
import { jsKey, libraryLine, literal } from "./library.ts";
import type { Recipe } from "./recipe.ts";

/** The recipe for Mistral's library for Node, which appends `/v1` itself. */
export const mistral: Recipe = (endpoint) => ({
  clients: "@mistralai/mistralai",
  lines: [
    ...duplicatePathWarning(endpoint.route.upstream, "/v1"),
    libraryLine(
      "@mistralai/mistralai",
      `new Mistral({ apiKey: ${jsKey(endpoint)}, serverURL: ${literal(endpoint.url)} })`,
    ),
  ],
});
