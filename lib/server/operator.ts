/**
 * What the operator's listener consists of. A service without that listener does not load it.
 *
 * @module
 */

import { AdminServer, type AdminSources } from "../admin/admin_server.ts";
import type { RouteTable } from "../config/route/route_config.ts";
import type { Settings } from "../config/settings/settings.ts";
import type { Address } from "../http/host.ts";
import { clientSetup, keyVariable } from "../providers/client_setup.ts";

/** What it shows, and where from. */
export interface OperatorOptions extends Omit<AdminSources, "setup"> {
  readonly settings: Pick<Settings, "bind" | "socket">;
  /** Returns the table that is served. */
  readonly table: () => RouteTable;
  /** Returns the port of the clients' listener, if there is one. */
  readonly port: () => number | undefined;
}

/** Returns the operator's server, which does not listen yet. */
export function operatorServer(address: Address, options: OperatorOptions): AdminServer {
  const { service, settings, table, port } = options;
  const setup = () => {
    const usable = service.router.routes.filter(({ token }) =>
      token.current !== undefined || token.missing?.().length === 0
    );
    // Not one by host, if there is another: fewer clients can use it.
    const route = usable.find(({ config }) => config.host === undefined)?.config ?? table().routes[0]!;
    const endpoint = { ...settings, port: port() ?? 0 };
    return clientSetup([route], endpoint, { clientTokenEnv: keyVariable(table()) });
  };
  return new AdminServer(address, { ...options, setup });
}
