import { shellQuote } from "../../core/shell_quote.ts";
import { baseUrl } from "./base_url.ts";
import type { Recipe } from "./recipe.ts";

/** The recipe for pip with an index that follows PEP 503. */
export const pip: Recipe = (endpoint) => {
  const index = `${baseUrl(endpoint, "/simple").slice("http://".length)}/`;
  return {
    clients: "pip",
    lines: [
      { export: [["PIP_INDEX_URL", `http://agent:${endpoint.key}@${shellQuote(index)}`]] },
      // pip ignores an index without TLS, unless it is on the local host or trusted explicitly.
      { export: [["PIP_TRUSTED_HOST", shellQuote(endpoint.host)]] },
    ],
  };
};
