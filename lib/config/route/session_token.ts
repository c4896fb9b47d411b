import type { RouteTable } from "./route_config.ts";

/** The variable of the token that every client of one session must present. */
export const SESSION_TOKEN = "CRED_PROXY_SESSION_TOKEN";

/** Returns the table of a session: every route requires the session's own token, whatever the table says of clients. */
export function tableOfSession(table: RouteTable): RouteTable {
  return { ...table, clientTokenEnv: SESSION_TOKEN, clients: [], issuers: [] };
}
