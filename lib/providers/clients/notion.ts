import { jsKey, libraryLine, literal, pythonKey } from "./library.ts";
import type { Recipe } from "./recipe.ts";

/** The recipe for Notion's libraries. */
export const notion: Recipe = (endpoint) => {
  const url = literal(endpoint.url);
  return {
    clients: "Notion's libraries",
    lines: [
      libraryLine("@notionhq/client", `new Client({ auth: ${jsKey(endpoint)}, baseUrl: ${url} })`),
      libraryLine("notion-client", `Client(auth=${pythonKey(endpoint)}, base_url=${url})`),
    ],
  };
};
