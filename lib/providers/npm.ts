import type { Recipe } from "./recipe.ts";
import { shellQuote } from "./shell_quote.ts";

/** npm, and what reads an `.npmrc` as npm does. */
export const npm: Recipe = ({ host, route, url, keyVariable }) => ({
  clients: "npm, deno",
  lines: [
    `npm config set ${shellQuote(`registry=${url}/`)}`,
    // In the file the variable's name stands, and npm puts in its value when it reads it.
    `npm config set ${
      shellQuote(`//${host}${route.path}:_authToken=${keyVariable ? `\${${keyVariable}}` : "placeholder"}`)
    }`,
    // Otherwise packages of a registry that names itself in its documents would be fetched past the proxy.
    "npm config set replace-registry-host=always",
  ],
});
