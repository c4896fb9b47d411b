import { baseUrl } from "./base_url.ts";
import type { Recipe } from "./recipe.ts";
import { shellQuote } from "./shell_quote.ts";

/** pip, from an index as PEP 503 describes it. */
export const pip: Recipe = (way) => {
  const index = `${baseUrl(way, "/simple").slice("http://".length)}/`;
  return {
    clients: "pip",
    lines: [
      `export PIP_INDEX_URL=http://agent:${way.key}@${shellQuote(index)}`,
      // pip passes over an index without TLS, unless it is on this very machine or named here.
      `export PIP_TRUSTED_HOST=${shellQuote(way.host)}`,
    ],
  };
};
