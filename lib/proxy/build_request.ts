import type { RouteConfig } from "../config/route/route_config.ts";
import type { Fields } from "../http/fields.ts";
import { SERVICE_CREDENTIAL_FIELDS } from "../http/credential_names.ts";
import { CREDENTIAL_FIELDS, HOP_BY_HOP } from "../http/field_names.ts";
import { isSecondPath, overrideKind } from "../http/override_names.ts";
import type { RequestFraming } from "../http/framing.ts";
import type { OutgoingField } from "../upstream/transport.ts";
import type { Target } from "./target.ts";

/** How a route changes the fields of every request, computed once. */
export interface RequestFieldRules {
  /** Reports whether a client's field is dropped, by its name in lower case. */
  readonly isDropped: (name: string) => boolean;
  /** The field lines that every request gets: Host and the fields that the route sets. */
  readonly constant: readonly OutgoingField[];
  /** The values to append, by field name in lower case. */
  readonly added: ReadonlyMap<string, string>;
}

/** The fields of clients that every route drops if the table says nothing else. */
const ALWAYS_DROPPED: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  ...CREDENTIAL_FIELDS,
  ...SERVICE_CREDENTIAL_FIELDS,
  // Generated from the validated framing instead.
  "content-length",
]);

/**
 * Returns the names of the fields that all routes of a table drop: also those that carry the credential of any of them,
 * since the routes may lead to one service, or to services that know the same fields.
 */
export function fieldsDroppedByAll(routes: Iterable<Pick<RouteConfig, "authHeader">>): ReadonlySet<string> {
  const names = new Set(ALWAYS_DROPPED);
  for (const { authHeader } of routes) names.add(usualName(authHeader.toLowerCase()));
  // The routes' own field `cookies` decides about it.
  names.delete("cookie");
  return names;
}

/**
 * Returns the rules of a route.
 *
 * @param droppedByAll What {@linkcode fieldsDroppedByAll} returns for the table; its routes share the set.
 */
export function requestFieldRules(
  route: RouteConfig,
  droppedByAll: ReadonlySet<string> = fieldsDroppedByAll([route]),
): RequestFieldRules {
  const set = new Map([["host", route.upstream.authority], ...route.setHeaders]);
  const added = new Map(route.addHeaders);
  if (route.scrub) {
    // Content must arrive uncoded to be masked: RFC 9110, section 12.5.3.
    set.set("accept-encoding", "identity");
    added.delete("accept-encoding");
  }
  const own = [
    route.authHeader.toLowerCase(),
    ...set.keys(),
    ...route.dropHeaders,
    ...(route.cookies ? [] : ["cookie"]),
    // What asks for content in a form that can't be masked: RFC 3229, section 10.5.3, and other charsets than UTF-8.
    ...(route.scrub ? ["a-im", "accept-charset"] : []),
  ];
  const dropped = new Set(own.map(usualName));
  const kept = new Set([...route.keepHeaders].map(usualName));
  const isNarrow = route.methods !== undefined || route.paths !== undefined;
  const hasBase = route.upstream.base !== "";
  return {
    isDropped(name) {
      const usual = usualName(name);
      return dropped.has(usual) || (droppedByAll.has(usual) && !kept.has(usual)) ||
        // What a proxy would say of the client or the host may decide which method or path a server sees.
        (isNarrow && overrideKind(name) === "origin") ||
        // It would lead out of the upstream's path.
        (hasBase && overrideKind(name) === "path" && !isSecondPath(name));
    },
    constant: [...set],
    added,
  };
}

/** Returns a name with dashes for underscores: to CGI and its successors both are one name (RFC 3875, section 4.1.18). */
function usualName(name: string): string {
  return name.includes("_") ? name.replaceAll("_", "-") : name;
}

/** The parts of a client's request from which the outgoing fields are built. */
export interface ClientFields {
  /** As provided by the runtime: names in lower case, values with one byte per character. */
  readonly headers: Fields;
  readonly framing: RequestFraming;
}

/**
 * Builds the field lines to send, except the credential, which is added last, so that nothing that the client sends (such
 * as `Connection: authorization`) can affect it.
 */
export function requestFields(
  { isDropped, constant, added }: RequestFieldRules,
  { headers, framing }: ClientFields,
): OutgoingField[] {
  const connection = headers.get("connection");
  const named = connection === null ? undefined : connectionOptions(connection);
  const fields = constant.slice();
  const appended = added.size === 0 ? undefined : new Map(added);
  headers.forEach((value, name) => {
    if (isDropped(name) || named?.has(name)) return;
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
