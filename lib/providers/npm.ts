import type { Client } from "./recipe.ts";
import { word } from "./shell_quote.ts";

/** npm, and what reads an `.npmrc` as npm does. */
export const npm: Client = ({ host, route, url, keyVariable }) => ({
  clients: "npm, deno",
  lines: [
    `npm config set ${word(`registry=${url}/`)}`,
    // In the file the variable's name stands, and npm puts in its value when it reads it.
    `npm config set ${
      word(`//${host}${route.path}:_authToken=${keyVariable ? `\${${keyVariable}}` : "placeholder"}`)
    }`,
    // Otherwise packages of a registry that names itself in its documents would be fetched past the proxy.
    "npm config set replace-registry-host=always",
  ],
});
