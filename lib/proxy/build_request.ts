import type { RouteConfig } from "../config/route/route_config.ts";
import { CREDENTIAL_FIELDS, HOP_BY_HOP } from "../http/field_names.ts";
import type { RequestFraming } from "../http/framing.ts";
import type { OutgoingField } from "../upstream/transport.ts";
import type { Target } from "./target.ts";

/** How a route changes the fields of every request, computed once. */
export interface RequestFieldRules {
  /** The names of client fields that are dropped, in lower case. */
  readonly dropped: ReadonlySet<string>;
  /** The field lines that every request gets: Host and the fields that the route sets. */
  readonly constant: readonly OutgoingField[];
  /** The values to append, by field name in lower case. */
  readonly added: ReadonlyMap<string, string>;
}

/** Returns the rules of a route. */
export function requestFieldRules(route: RouteConfig): RequestFieldRules {
  const set = new Map([["host", route.upstream.authority], ...route.setHeaders]);
  const added = new Map(route.addHeaders);
  if (route.scrub) {
    // Content must arrive uncoded to be masked: RFC 9110, section 12.5.3.
    set.set("accept-encoding", "identity");
    added.delete("accept-encoding");
  }
  const dropped = new Set([
    ...HOP_BY_HOP,
    ...CREDENTIAL_FIELDS,
    // Generated from the validated framing instead.
    "content-length",
    route.authHeader.toLowerCase(),
    ...set.keys(),
    ...(route.cookies ? [] : ["cookie"]),
  ]);
  return { dropped, constant: [...set], added };
}

/** The parts of a client's request from which the outgoing fields are built. */
export interface ClientFields {
  /** As provided by the runtime: names in lower case, values with one byte per character. */
  readonly headers: Pick<Headers, "forEach" | "get">;
  readonly framing: RequestFraming;
}

/**
 * Builds the field lines to send, except the credential, which is added last, so that nothing that the client sends (such
 * as `Connection: authorization`) can affect it.
 */
export function requestFields(
  { dropped, constant, added }: RequestFieldRules,
  { headers, framing }: ClientFields,
): OutgoingField[] {
  const connection = headers.get("connection");
  const named = connection === null ? undefined : connectionOptions(connection);
  const fields = constant.slice();
  const appended = added.size === 0 ? undefined : new Map(added);
  headers.forEach((value, name) => {
    if (dropped.has(name) || named?.has(name)) return;
    const more = appended?.get(name);
    appended?.delete(name);
    fields.push([name, more === undefined ? value : value === "" ? more : `${value}, ${more}`]);
  });
  if (appended !== undefined) fields.push(...appended);
  if (framing.kind === "length") fields.push(["content-length", String(framing.length)]);
  if (framing.kind === "chunked") fields.push(["transfer-encoding", "chunked"]);
  return fields;
}

/** Returns the request target for the upstream: its base path, followed by the path below the route's prefix. */
export function upstreamTarget(
  { path: prefix, upstream }: Pick<RouteConfig, "path" | "upstream">,
  { path, query }: Target,
): string {
  return `${upstream.base}/${path.slice(prefix.length)}${query}`;
}

/** Returns the options of a Connection field, in lower case: RFC 9110, section 7.6.1. */
export function connectionOptions(value: string): Set<string> {
  return new Set(value.toLowerCase().split(",").map((option) => option.trim()));
}
