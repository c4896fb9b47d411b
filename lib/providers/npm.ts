import type { Recipe } from "./recipe.ts";
import { shellQuote } from "./shell_quote.ts";

/** For npm, and clients that read an `.npmrc` like npm. */
export const npm: Recipe = ({ host, route, url, keyVariable }) => ({
  clients: "npm, deno",
  lines: [
    `npm config set ${shellQuote(`registry=${url}/`)}`,
    // The file holds the variable's name; npm inserts the value when it reads the file.
    `npm config set ${
      shellQuote(`//${host}${route.path}:_authToken=${keyVariable ? `\${${keyVariable}}` : "placeholder"}`)
    }`,
    // Otherwise npm bypasses the proxy for tarballs whose URL names the registry itself.
    "npm config set replace-registry-host=always",
  ],
});
