import { fail, ok, type Result } from "../../core/result.ts";
import { parseHost } from "../../http/host.ts";
import { gotText } from "../reader/got_text.ts";

/** Parses the host that a route matches, as clients send it in the Host field. */
export function parseRouteHost(text: string, path: string): Result<string> {
  const host = text.startsWith("[") ? undefined : parseHost(text);
  if (host !== undefined) return ok(host);
  const message = `must be a host name or an IPv4 address, without a port, ${gotText(text)}`;
  return fail(path, "invalid_host", message);
}
