import type { Client } from "./client.ts";
import { word } from "./shell.ts";

/** cargo, from a sparse index. */
export const cargo: Client = ({ url, keyVariable }) => ({
  clients: "cargo",
  lines: [
    `export CARGO_REGISTRIES_PROXY_INDEX=${word(`sparse+${url}/`)} # where config.json lies`,
    // cargo sends the token as it is, without a scheme before it.
    `export CARGO_REGISTRIES_PROXY_TOKEN=${
      keyVariable === undefined ? "placeholder" : `"Bearer $${keyVariable}"`
    }`,
    '# In Cargo.toml: NAME = { version = "1", registry = "proxy" }',
  ],
});
