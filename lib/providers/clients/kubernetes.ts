import { shellQuote } from "../../core/shell_quote.ts";
import type { Recipe } from "./recipe.ts";

/** The recipe for kubectl. */
export const kubernetes: Recipe = ({ url, keyVariable }) => ({
  clients: "kubectl",
  lines: [
    `kubectl config set-cluster cred-proxy ${shellQuote(`--server=${url}`)}`,
    "kubectl config set-context cred-proxy --cluster=cred-proxy",
    "kubectl config use-context cred-proxy",
    ...keyVariable === undefined
      ? []
      : ["# kubectl sends no credential over http, so it can't send a client token"],
  ],
});
