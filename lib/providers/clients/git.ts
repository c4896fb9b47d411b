import { shellQuote } from "../../core/shell_quote.ts";
import { upstreamText } from "../../config/route/upstream_url.ts";
import type { Recipe } from "./recipe.ts";

/** The recipe for git over HTTPS. URLs in repositories and scripts stay as they are. */
export const git: Recipe = ({ route, origin, url, keyVariable }) => {
  const settings: (readonly [key: string, value: string])[] = [
    [`url.${url}/.insteadOf`, `${upstreamText(route.upstream)}/`],
    // git LFS otherwise takes the URLs of objects, which the server names, as they are.
    ["lfs.transfer.enablehrefrewrite", "true"],
  ];
  if (keyVariable !== undefined) {
    // git sends a credential only after a 401, which the proxy returns only if it requires a client token.
    settings.push([
      `credential.${origin}.helper`,
      `!f() { echo username=agent; echo "password=$${keyVariable}"; }; f`,
    ]);
  }
  return {
    clients: "git",
    lines: settings.map(([key, value]) => `git config --global ${shellQuote(key)} ${shellQuote(value)}`),
    git: settings,
    variables: [],
  };
};
