import { shellQuote } from "../../core/shell_quote.ts";
import type { Recipe } from "./recipe.ts";

/** The recipe for the modules of Go. */
export const goModules: Recipe = ({ url, keyVariable }) => ({
  clients: "go",
  lines: [
    // The public checksum database does not know private modules, and would be asked past the proxy.
    { export: [["GOPROXY", shellQuote(url)], ["GONOSUMDB", "'*'"]] },
    ...keyVariable === undefined
      ? []
      : ["# go sends no credential over http, so it can't send a client token"],
  ],
});
