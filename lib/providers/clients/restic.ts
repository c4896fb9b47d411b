import { shellQuote } from "../../core/shell_quote.ts";
import type { Recipe } from "./recipe.ts";

/** The recipe for restic with a REST server. */
export const restic: Recipe = ({ host, route, key }) => ({
  clients: "restic",
  lines: [{
    export: [["RESTIC_REPOSITORY", `rest:http://agent:${key}@${shellQuote(host + route.path)}`]],
    comment: "the repository's own password is another matter",
  }],
});
