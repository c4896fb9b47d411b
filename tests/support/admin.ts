import { type Service, type ServiceOptions, startService } from "./service.ts";

/** A service with an operator's listener. */
export interface WithAdmin extends Service {
  /** `127.0.0.1:PORT`. */
  readonly adminAddress: string;
  /** Asks it for a path. */
  admin(path: string, init?: RequestInit): Promise<Response>;
}

/**
 * Starts the service with an operator's listener, on a free port unless told.
 *
 * @throws {Error} like {@linkcode startService}
 */
export async function startAdmin(options: ServiceOptions, at = "127.0.0.1:0"): Promise<WithAdmin> {
  const service = await startService({ ...options, env: { ...options.env, CRED_PROXY_ADMIN: at } });
  const [, address = ""] = await service.logged(/^cred-proxy: operator's listener on (\S+)$/m);
  return Object.assign(service, {
    adminAddress: address,
    admin: (path: string, init?: RequestInit) => fetch(`http://${address}${path}`, init),
  });
}
