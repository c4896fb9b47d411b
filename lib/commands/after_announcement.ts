import type { Configuration } from "../config/load/load.ts";
import { printError } from "../log/print.ts";
import { ACCEPT, OFFER } from "../proxy/websocket/late_websocket.ts";
import { exposureWarning } from "../server/exposure.ts";
import type { Server } from "../server/server.ts";
import { watchConfig } from "../server/watch_config.ts";
import type { TokenStores } from "../tokens/open_token_source.ts";
import { routeWarnings } from "./route_warnings.ts";

/** A service that has begun to listen. */
export interface Announced extends Configuration {
  readonly server: Server;
  readonly stores: TokenStores;
  /** Returns whether a reload was requested since the last call. */
  reloadRequested(): boolean;
}

/**
 * Does what nobody waits for while a service starts: makes the mask, warns of what is most likely a mistake, loads what
 * serves WebSockets, and begins to look for changes of the configuration.
 */
export async function afterAnnouncement(announced: Announced): Promise<void> {
  const { settings, table, ca, server, stores, tableFingerprint, reloadRequested } = announced;
  await server.warm();
  const hasClientTokens = table.clientTokenEnv !== undefined || table.clients.length > 0;
  const warning = exposureWarning({ settings, hasClientTokens, pid: Deno.pid });
  if (warning !== undefined) printError(warning);
  routeWarnings(table.routes, stores, ca).forEach(printError);
  watchConfig({ settings, table, tableFingerprint, ...stores, server, reloadRequested });
  const { hasControl } = await OFFER.load();
  if (table.routes.every(({ websocket }) => !websocket)) return;
  // If that fails, it fails again for the first client, and is logged then.
  ACCEPT.load().catch(() => {});
  if (!hasControl()) {
    printError(
      `Deno ${Deno.version.deno} lacks what serving WebSockets needs: clients that ask for one get 426`,
    );
  }
}
