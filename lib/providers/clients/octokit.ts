import { jsKey, libraryLine, literal } from "./library.ts";
import type { Recipe } from "./recipe.ts";

/** The recipe for octokit. Libraries that follow the URLs in the content of responses leave the proxy. */
export const octokit: Recipe = (endpoint) => ({
  clients: "octokit",
  lines: [libraryLine(
    "octokit",
    `new Octokit({ auth: ${jsKey(endpoint)}, baseUrl: ${literal(endpoint.url)} })`,
  )],
});
