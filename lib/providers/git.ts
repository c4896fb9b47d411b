import { upstreamText } from "../config/route/upstream_url.ts";
import type { Recipe } from "./recipe.ts";
import { shellQuote } from "./shell_quote.ts";

/** git over HTTPS: the addresses in repositories and scripts stay as they are. */
export const git: Recipe = ({ route, origin, url, keyVariable }) => ({
  clients: "git",
  lines: [
    `git config --global ${shellQuote(`url.${url}/.insteadOf`)} ${
      shellQuote(`${upstreamText(route.upstream)}/`)
    }`,
    // git sends no credential before it is asked for one, and the proxy asks only where a client token is wanted.
    ...keyVariable === undefined ? [] : [
      `git config --global ${shellQuote(`credential.${origin}.helper`)} ${
        shellQuote(`!f() { echo username=agent; echo "password=$${keyVariable}"; }; f`)
      }`,
    ],
  ],
});
