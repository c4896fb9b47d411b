import type { Recipe } from "./recipe.ts";
import { shellQuote } from "../core/shell_quote.ts";

/** The recipe for npm, and for other clients that read `.npmrc`. */
export const npm: Recipe = ({ host, route, url, keyVariable }) => ({
  clients: "npm, deno",
  lines: [
    `npm config set ${shellQuote(`registry=${url}/`)}`,
    // The file contains the variable's name; npm expands it when it reads the file.
    `npm config set ${
      shellQuote(`//${host}${route.path}:_authToken=${keyVariable ? `\${${keyVariable}}` : "placeholder"}`)
    }`,
    // Otherwise npm bypasses the proxy for tarballs whose URL names the registry itself.
    "npm config set replace-registry-host=always",
  ],
});
