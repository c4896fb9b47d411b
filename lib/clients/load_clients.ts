import type { RouteTable } from "../config/route/route_config.ts";

/** What knows clients. */
export type ClientParts = typeof import("./client_parts.ts");

/** Loads what knows the clients of a table; undefined if it serves anybody, since a start is sooner without it. */
export async function loadClients(
  { clients, clientTokenEnv, issuers }: Pick<RouteTable, "clients" | "clientTokenEnv" | "issuers">,
): Promise<ClientParts | undefined> {
  if (clients.length === 0 && issuers.length === 0 && clientTokenEnv === undefined) return undefined;
  return await import("./client_parts.ts");
}
