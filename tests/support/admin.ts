import { type Service, type ServiceOptions, startService } from "./service.ts";

/** A service with an operator's listener. */
export interface WithAdmin extends Service {
  /** `127.0.0.1:PORT`. */
  readonly adminAddress: string;
  /** Fetches a path from it. */
  admin(path: string, init?: RequestInit): Promise<Response>;
}

/**
 * Starts the service with an operator's listener, on a free port by default.
 *
 * @throws {Error} As {@linkcode startService} does.
 */
export async function startAdmin(options: ServiceOptions, address = "127.0.0.1:0"): Promise<WithAdmin> {
  const service = await startService({ ...options, env: { ...options.env, CRED_PROXY_ADMIN: address } });
  const [, adminAddress = ""] = await service.logged(/^cred-proxy: operator's listener on (\S+)$/m);
  return Object.assign(service, {
    adminAddress,
    admin: (path: string, init?: RequestInit) => fetch(`http://${adminAddress}${path}`, init),
  });
}
