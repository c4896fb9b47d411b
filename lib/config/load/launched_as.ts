import { shellQuote } from "../../core/shell_quote.ts";

/** Without the launcher, in a checkout. */
const IN_CHECKOUT = "bin/cred-proxy";

/** Returns a command with which the user runs a verb: with the word that started this program, as far as the launcher says so. */
export function commandFor(verb: string): string {
  return `${launchedAs()} ${verb}`;
}

function launchedAs(): string {
  try {
    const word = Deno.env.get("LAUNCHED_AS");
    if (word === "npx cred-proxy") return word;
    return word === undefined ? IN_CHECKOUT : shellQuote(word);
  } catch {
    // Started with other flags than the launcher's.
    return IN_CHECKOUT;
  }
}
