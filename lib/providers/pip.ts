import { baseUrl } from "./base_url.ts";
import type { Client } from "./recipe.ts";
import { word } from "./shell_quote.ts";

/** pip, from an index as PEP 503 describes it. */
export const pip: Client = (way) => {
  const index = `${baseUrl(way, "/simple").slice("http://".length)}/`;
  return {
    clients: "pip",
    lines: [
      `export PIP_INDEX_URL=http://agent:${way.key}@${word(index)}`,
      // pip passes over an index without TLS, unless it is on this very machine or named here.
      `export PIP_TRUSTED_HOST=${word(way.host)}`,
    ],
  };
};
