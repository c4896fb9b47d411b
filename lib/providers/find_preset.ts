import type { RouteConfig } from "../config/route/route_config.ts";
import { parseUpstream } from "../config/route/upstream_url.ts";
import { PROVIDERS } from "./all_providers.ts";
import type { ProviderRoute } from "./provider.ts";

/** A preset's route, by what it forwards to. */
interface Entry {
  readonly host: string;
  readonly base: string;
  readonly preset: ProviderRoute;
}

/** Those with a host that is the same for everybody. */
const ENTRIES: readonly Entry[] = PROVIDERS.flatMap(({ host = "", routes }) =>
  routes.flatMap((preset): Entry[] => {
    const upstream = parseUpstream(preset.fields.upstream.replace("{host}", host), "upstream");
    return upstream.ok ? [{ ...upstream.value, preset }] : [];
  })
);

/** Finds the preset with a route's upstream, or one with the same host. */
export function presetOfHost({ upstream }: RouteConfig): ProviderRoute | undefined {
  const ofHost = ENTRIES.filter(({ host }) => host === upstream.host);
  return (ofHost.find(({ base }) => base === upstream.base) ?? ofHost[0])?.preset;
}

/** Finds the preset whose path a route has, for a provider with another host than the usual one. */
export function presetOfPath({ path, host }: RouteConfig): ProviderRoute | undefined {
  if (host !== undefined) return undefined;
  return PROVIDERS.flatMap(({ routes }) => routes).find(({ fields }) => fields.path === path);
}
