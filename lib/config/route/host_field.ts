import { fail, ok, type Reader } from "../reader/fields.ts";
import { parseHost } from "../../http/host.ts";
import { found } from "../reader/path.ts";
import { readString } from "../reader/plain_fields.ts";

/** Reads the host that a route's requests are for, as clients name it in the Host field. */
export const readHost: Reader<string> = (json, place) => {
  const judged = readString(json, place);
  if (!judged.ok) return judged;
  const host = judged.value.startsWith("[") ? undefined : parseHost(judged.value);
  if (host !== undefined) return ok(host);
  return fail(place, `must be a host name or an IPv4 address, without a port, ${found(judged.value)}`);
};
