import { PROVIDERS } from "../providers/all_providers.ts";
import type { Provider } from "../providers/provider.ts";
import { type Command, EXIT } from "./command.ts";

/** Prints one line per provider for which `init` writes routes. */
export const providers: Command = () => {
  const width = Math.max(...PROVIDERS.map(({ name }) => name.length));
  for (const provider of PROVIDERS) {
    console.log(`${provider.name.padEnd(width)}  ${provider.title}${hostNote(provider)}`);
  }
  return Promise.resolve(EXIT.ok);
};

/** Returns how to name the host, if users have one of their own. */
function hostNote({ name, hostExample }: Provider): string {
  return hostExample === undefined ? "" : `: ${name}=${hostExample}`;
}
