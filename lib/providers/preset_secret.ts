import { PROVIDERS } from "./all_providers.ts";
import type { ProviderSecret } from "./provider.ts";

/** Returns what is known about a variable, if it is the one of a preset. */
export function presetSecret(variable: string): ProviderSecret | undefined {
  return PROVIDERS.flatMap(({ secrets }) => secrets).find((secret) => secret.variable === variable);
}
