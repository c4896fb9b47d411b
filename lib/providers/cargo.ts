import type { Recipe } from "./recipe.ts";
import { shellQuote } from "./shell_quote.ts";

/** cargo, from a sparse index. */
export const cargo: Recipe = ({ url, keyVariable }) => ({
  clients: "cargo",
  lines: [
    `export CARGO_REGISTRIES_PROXY_INDEX=${shellQuote(`sparse+${url}/`)} # where config.json lies`,
    // cargo sends the token as it is, without a scheme before it.
    `export CARGO_REGISTRIES_PROXY_TOKEN=${
      keyVariable === undefined ? "placeholder" : `"Bearer $${keyVariable}"`
    }`,
    // Without a provider of credentials that is named, it gives its token to no registry but the default one.
    "export CARGO_REGISTRY_GLOBAL_CREDENTIAL_PROVIDERS=cargo:token",
    '# In Cargo.toml: NAME = { version = "1", registry = "proxy" }',
  ],
});
