import { upstreamText } from "../config/route/upstream_url.ts";
import type { Client } from "./recipe.ts";
import { word } from "./shell_quote.ts";

/** git over HTTPS: the addresses in repositories and scripts stay as they are. */
export const git: Client = ({ route, origin, url, keyVariable }) => ({
  clients: "git",
  lines: [
    `git config --global ${word(`url.${url}/.insteadOf`)} ${word(`${upstreamText(route.upstream)}/`)}`,
    // git sends no credential before it is asked for one, and the proxy asks only where a client token is wanted.
    ...keyVariable === undefined ? [] : [
      `git config --global ${word(`credential.${origin}.helper`)} ${
        word(`!f() { echo username=agent; echo "password=$${keyVariable}"; }; f`)
      }`,
    ],
  ],
});
