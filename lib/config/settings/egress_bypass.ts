import { ok, type Result } from "../../core/result.ts";
import { type Address, parseHost, parsePort } from "../../http/host.ts";

/** An entry of NO_PROXY. */
export interface Bypass {
  /** `*`, an address, or a name, which includes its subdomains. */
  readonly host: string;
  /** Undefined: any port. */
  readonly port: number | undefined;
}

/**
 * Parses NO_PROXY. Entries are separated by commas or whitespace, as in curl. Unsupported entries (an address range such
 * as `10.0.0.0/8`) are ignored, so that connections to them go through the proxy.
 */
export function parseBypass(text: string): Result<readonly Bypass[]> {
  return ok(
    text.split(/[\s,]+/).flatMap((entry) => {
      if (entry === "*") return [{ host: "*", port: undefined }];
      // `.example.com`, `*.example.com` and `example.com` are equivalent; anything else may be a bare IPv6 address.
      const [, name = `[${entry}]`, digits] = /^(?:\*?\.)?(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(entry) ?? [];
      const host = parseHost(name);
      const port = digits === undefined ? undefined : parsePort(digits);
      if (host === undefined || (digits !== undefined && port === undefined)) return [];
      return [{ host, port }];
    }),
  );
}

/** Reports whether an entry matches an upstream. */
export function bypasses(entry: Bypass, upstream: Address): boolean {
  if (entry.port !== undefined && entry.port !== upstream.port) return false;
  if (entry.host === "*" || entry.host === upstream.host) return true;
  // Entries are never partial addresses, so this matches names only.
  return upstream.host.endsWith(`.${entry.host}`);
}
