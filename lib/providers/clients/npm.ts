import { shellQuote } from "../../core/shell_quote.ts";
import type { Recipe } from "./recipe.ts";

/** The recipe for npm, and for other clients that read `.npmrc`. */
export const npm: Recipe = ({ host, route, url, keyVariable }) => {
  // The file contains the variable's name; npm expands it when it reads the file.
  const key = `npm config set ${
    shellQuote(`//${host}${route.path}:_authToken=${keyVariable ? `\${${keyVariable}}` : "placeholder"}`)
  }`;
  return {
    clients: "npm, deno",
    lines: [
      `npm config set ${shellQuote(`registry=${url}/`)}`,
      key,
      // Otherwise npm bypasses the proxy for tarballs whose URL names the registry itself.
      "npm config set replace-registry-host=always",
    ],
    variables: [
      {
        export: [["npm_config_registry", shellQuote(`${url}/`)], [
          "npm_config_replace_registry_host",
          "always",
        ]],
      },
      ...keyVariable === undefined ? [] : [`# npm reads its key from a file only: ${key}`],
    ],
  };
};
