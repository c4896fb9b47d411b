import { ok, type Result } from "../../core/result.ts";
import { type Address, parseHost, parsePort } from "../../http/host.ts";

/** An entry of NO_PROXY. */
export interface Bypass {
  /** `*`, an address, or a name, which stands for itself and all names below it. */
  readonly host: string;
  /** Undefined: any port. */
  readonly port: number | undefined;
}

/**
 * Parses NO_PROXY. Entries are separated by commas or white space, as in curl. An entry that is not understood (an
 * address range such as `10.0.0.0/8`) is ignored: it bypasses nothing, so the connection goes through the proxy.
 */
export function parseBypass(text: string): Result<readonly Bypass[]> {
  return ok(
    text.split(/[\s,]+/).flatMap((entry) => {
      if (entry === "*") return [{ host: "*", port: undefined }];
      // `.example.com`, `*.example.com` and `example.com` mean the same; what does not match may be a bare IPv6 address.
      const [, name = `[${entry}]`, digits] = /^(?:\*?\.)?(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(entry) ?? [];
      const host = parseHost(name);
      const port = digits === undefined ? undefined : parsePort(digits);
      if (host === undefined || (digits !== undefined && port === undefined)) return [];
      return [{ host, port }];
    }),
  );
}

/** Whether an entry matches an upstream. */
export function bypasses(entry: Bypass, upstream: Address): boolean {
  if (entry.port !== undefined && entry.port !== upstream.port) return false;
  if (entry.host === "*" || entry.host === upstream.host) return true;
  // No entry is part of an address, so only a name ends like this.
  return upstream.host.endsWith(`.${entry.host}`);
}
