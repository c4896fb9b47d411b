import { shellQuote } from "../../core/shell_quote.ts";
import type { Recipe } from "./recipe.ts";

/** The recipe for cargo with a sparse index. */
export const cargo: Recipe = ({ url, keyVariable }) => ({
  clients: "cargo",
  lines: [
    {
      export: [["CARGO_REGISTRIES_PROXY_INDEX", shellQuote(`sparse+${url}/`)]],
      comment: "the folder of config.json",
    },
    // cargo sends the token as the entire field value, without a scheme.
    {
      export: [[
        "CARGO_REGISTRIES_PROXY_TOKEN",
        keyVariable === undefined ? "placeholder" : `"Bearer $${keyVariable}"`,
      ]],
    },
    // Without a named credential provider, cargo sends its token to the default registry only.
    { export: [["CARGO_REGISTRY_GLOBAL_CREDENTIAL_PROVIDERS", "cargo:token"]] },
    '# In Cargo.toml: NAME = { version = "1", registry = "proxy" }',
  ],
});
