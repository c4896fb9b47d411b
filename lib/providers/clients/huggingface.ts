import { shellQuote } from "../../core/shell_quote.ts";
import type { Recipe } from "./recipe.ts";

/** The recipe for clients of the Hugging Face Hub. Large files come from other hosts, past the proxy. */
export const huggingface: Recipe = ({ url, key, keyVariable }) => ({
  // A library refuses a token without hf_ at its beginning, which is dropped from a client token.
  clients: "huggingface_hub",
  lines: [{
    export: [["HF_ENDPOINT", shellQuote(url)], [
      "HF_TOKEN",
      keyVariable === undefined ? "hf_placeholder" : `hf_${key}`,
    ]],
  }],
});
