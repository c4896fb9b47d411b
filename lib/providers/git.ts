import { upstreamText } from "../config/route/upstream_url.ts";
import type { Recipe } from "./recipe.ts";
import { shellQuote } from "../core/shell_quote.ts";

/** The recipe for git over HTTPS. URLs in repositories and scripts stay as they are. */
export const git: Recipe = ({ route, origin, url, keyVariable }) => ({
  clients: "git",
  lines: [
    `git config --global ${shellQuote(`url.${url}/.insteadOf`)} ${
      shellQuote(`${upstreamText(route.upstream)}/`)
    }`,
    // git sends a credential only after a 401, which the proxy returns only if it requires a client token.
    ...keyVariable === undefined ? [] : [
      `git config --global ${shellQuote(`credential.${origin}.helper`)} ${
        shellQuote(`!f() { echo username=agent; echo "password=$${keyVariable}"; }; f`)
      }`,
    ],
  ],
});
