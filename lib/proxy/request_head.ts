import type { RouteConfig } from "../config/route/route_config.ts";
import { CREDENTIAL_FIELDS, HOP_BY_HOP } from "../http/field_names.ts";
import type { RequestFraming } from "../http/framing.ts";
import type { Secret } from "../core/secret.ts";

/** What a route does to every head, worked out once. */
export interface HeadRules {
  /** Fields of the agent that never pass, in lower case. */
  readonly dropped: ReadonlySet<string>;
  /** Field lines that stand in every head: Host and the fields that the route sets. */
  readonly constant: string;
  /** Values to append, by field name in lower case. */
  readonly added: ReadonlyMap<string, string>;
  /** The name of the field that carries the credential. */
  readonly authHeader: string;
}

export function headRules(route: RouteConfig): HeadRules {
  const set = new Map([["host", route.upstream.authority], ...route.setHeaders]);
  const added = new Map(route.addHeaders);
  if (route.scrub) {
    // What is to be masked must be readable: RFC 9110, section 12.5.3.
    set.set("accept-encoding", "identity");
    added.delete("accept-encoding");
  }
  const dropped = new Set([
    ...HOP_BY_HOP,
    ...CREDENTIAL_FIELDS,
    // Written from what was judged, not copied.
    "content-length",
    route.authHeader.toLowerCase(),
    ...set.keys(),
    ...(route.cookies ? [] : ["cookie"]),
  ]);
  const constant = [...set].map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return { dropped, constant, added, authHeader: route.authHeader };
}

/**
 * The head to send, up to and with its empty line: strip first, inject last, so that nothing the agent says (a
 * `Connection: authorization`, say) can touch the credential.
 *
 * @param fields The agent's fields; the runtime gives names in lower case and values a byte a character.
 */
export function requestHead(
  rules: HeadRules,
  method: string,
  target: string,
  fields: Pick<Headers, "forEach">,
  connection: string | null,
  framing: RequestFraming,
  credential: Secret,
): string {
  const named = connection === null ? undefined : connectionOptions(connection);
  let head = `${method} ${target} HTTP/1.1\r\n${rules.constant}`;
  const appended = rules.added.size === 0 ? undefined : new Map(rules.added);
  fields.forEach((value, name) => {
    if (rules.dropped.has(name) || named?.has(name)) return;
    const more = appended?.get(name);
    appended?.delete(name);
    head += more === undefined
      ? `${name}: ${value}\r\n`
      : `${name}: ${value === "" ? "" : `${value}, `}${more}\r\n`;
  });
  if (appended !== undefined) { for (const [name, value] of appended) head += `${name}: ${value}\r\n`; }
  if (framing.kind === "length") head += `content-length: ${framing.length}\r\n`;
  if (framing.kind === "chunked") head += "transfer-encoding: chunked\r\n";
  return `${head}${rules.authHeader}: ${credential.reveal()}\r\n\r\n`;
}

/** The fields that a Connection field names, in lower case: RFC 9110, section 7.6.1. */
export function connectionOptions(value: string): Set<string> {
  return new Set(value.toLowerCase().split(",").map((option) => option.trim()));
}
