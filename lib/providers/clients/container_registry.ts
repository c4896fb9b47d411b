import { shellQuote } from "../../core/shell_quote.ts";
import type { Recipe } from "./recipe.ts";

/** The recipe for clients of a registry of container images. They ask for `/v2/` only, so that is the route's path. */
export const containerRegistry: Recipe = ({ host, key }) => ({
  clients: "skopeo, podman",
  lines: [
    `# The images are ${host}/NAME:TAG; the commands need --tls-verify=false, skopeo copy --src-tls-verify or --dest-tls-verify`,
    `skopeo login --tls-verify=false --username agent --password ${key} ${shellQuote(host)}`,
  ],
});
