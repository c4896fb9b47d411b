import type { Settings } from "../config/settings/settings.ts";

/** What decides who may use the listener. */
export interface Exposure {
  readonly settings: Pick<Settings, "bind">;
  /** Whether clients have to authenticate. */
  readonly hasClientTokens: boolean;
  /** The process's number: a container's own process is the first one of its namespace. */
  readonly pid: number;
}

/**
 * Returns a warning for a listener that everyone may use who reaches the machine, or undefined. In a container the network that
 * it is on is the boundary, so there is none for its first process.
 */
export function exposureWarning({ settings, hasClientTokens, pid }: Exposure): string | undefined {
  if (hasClientTokens || pid === 1 || isLoopback(settings.bind)) return undefined;
  return `warning: everyone who reaches ${settings.bind} may use these routes; ` +
    "set CRED_PROXY_BIND=127.0.0.1, or require a client token";
}

/** Reports whether a host to listen on is reached from this machine only: RFC 1122, section 3.2.1.3, and RFC 6761. */
function isLoopback(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "::1" ||
    /^(?:::ffff:)?127\.(?:[0-9]+\.){2}[0-9]+$/.test(host) || /^::ffff:7f[0-9a-f]{2}:/.test(host);
}
