import type { Settings } from "../config/settings/settings.ts";
import { hostPort } from "../http/host.ts";

/** Returns one line about a listener that could not be opened: where, why, and what to change. */
export function listenProblem(settings: Settings, error: Error): string {
  return `can't listen on ${listenersText(settings)}: ${error.message}${advice(settings, error)}`;
}

function listenersText({ bind, port, socket, admin }: Settings): string {
  return [
    port === undefined ? undefined : hostPort(bind, port),
    socket,
    admin && hostPort(admin.host, admin.port),
  ]
    .filter((listener) => listener !== undefined).join(" and ");
}

function advice({ admin }: Settings, error: Error): string {
  const ports = admin === undefined ? "CRED_PROXY_PORT" : "CRED_PROXY_PORT or CRED_PROXY_ADMIN";
  if (error instanceof Deno.errors.AddrInUse) {
    return `; stop what listens there, or set ${ports} to another port`;
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return "; set CRED_PROXY_BIND to an address of this machine";
  }
  if (error instanceof Deno.errors.PermissionDenied) return `; set ${ports} to a port from 1024 on`;
  return "";
}
