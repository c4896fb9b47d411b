/**
 * Checks of what clients, routes and issuers of a table say of each other. They look at the JSON and not at parsed values,
 * so that a mistake within one client or route hides none of those between them.
 *
 * @module
 */

import { type Problem, problem } from "../../core/result.ts";
import { didYouMean } from "../reader/did_you_mean.ts";
import type { Json, JsonObject } from "../reader/json.ts";
import { routeMember } from "./client_fields.ts";

/** An object in an array of the table, with its path. */
interface Item {
  readonly object: JsonObject;
  readonly path: string;
}

/** Checks a table's clients. */
export function checkClients(table: JsonObject): readonly Problem[] {
  const clients = itemsOf(table, "clients");
  const routes = new Map(
    itemsOf(table, "routes").flatMap((item) => {
      const name = item.object.get("host") ?? item.object.get("path");
      return typeof name === "string" ? [[canonicalName(name), item] as const] : [];
    }),
  );
  return [
    ...checkOneKind(table),
    ...checkUnique(clients, "name", "duplicate_client"),
    ...checkHashes(clients),
    ...clients.flatMap((client) => checkRoutes(client, routes)),
    ...checkTokens(clients, itemsOf(table, "routes")),
    ...checkSubjects(clients, itemsOf(table, "issuers")),
  ];
}

/** Returns a route's name as `routeName` does: a host in lower case. */
export function canonicalName(name: string): string {
  return name.startsWith("/") ? name : name.toLowerCase();
}

function itemsOf(table: JsonObject, field: string): readonly Item[] {
  const items = table.get(field);
  if (!Array.isArray(items)) return [];
  return items.flatMap((item: Json, index) =>
    item instanceof Map ? [{ object: item, path: `${field}[${index}]` }] : []
  );
}

function checkOneKind(table: JsonObject): readonly Problem[] {
  if (!table.has("clients") || !table.has("client_token_env")) return [];
  const message = "can't be combined with client_token_env; make that a client with a token_env";
  return [problem("clients", "exclusive_fields", message)];
}

function checkUnique(items: readonly Item[], field: string, code: "duplicate_client"): readonly Problem[] {
  const first = new Map<string, string>();
  return items.flatMap(({ object, path }) => {
    const value = object.get(field);
    if (typeof value !== "string") return [];
    const before = first.get(value);
    if (before !== undefined) {
      return [problem(`${path}.${field}`, code, `is the same as ${before}.${field}`)];
    }
    first.set(value, path);
    return [];
  });
}

/** Checks that no two clients have the same token: the log could not tell them apart. */
function checkHashes(clients: readonly Item[]): readonly Problem[] {
  const first = new Map<string, string>();
  return clients.flatMap(({ object, path }) => {
    const given = object.get("token_sha256");
    const hashes = (Array.isArray(given) ? given : [given]).filter((hash) => typeof hash === "string");
    return [...new Set(hashes.map((hash) => hash.toLowerCase()))].flatMap((hash) => {
      const before = first.get(hash);
      first.set(hash, before ?? path);
      if (before === undefined) return [];
      return [problem(`${path}.token_sha256`, "duplicate_client", `is the token of ${before} as well`)];
    });
  });
}

function checkRoutes({ object, path }: Item, routes: ReadonlyMap<string, Item>): readonly Problem[] {
  const use = object.get("routes");
  const named: readonly (readonly [name: Json, path: string, override: Json | undefined])[] =
    Array.isArray(use)
      ? use.map((name: Json, index) => [name, `${path}.routes[${index}]`, undefined] as const)
      : use instanceof Map
      ? [...use].map(([name, override]) => [name, routeMember(`${path}.routes`, name), override] as const)
      : [];
  const seen = new Map<string, string>();
  return named.flatMap(([name, member, override]) => {
    if (typeof name !== "string") return [];
    const canonical = canonicalName(name);
    const before = seen.get(canonical);
    if (before !== undefined) {
      // The same spelling was reported when the list was read.
      if (before === name) return [];
      return [problem(member, "duplicate_item", "is listed twice, in different case; remove one")];
    }
    seen.set(canonical, name);
    const route = routes.get(canonical);
    if (route === undefined) {
      const hint = member.endsWith("[name not shown]") ? "" : didYouMean(canonical, [...routes.keys()]);
      return [problem(member, "unknown_route", `names no route: neither a path nor a host of one${hint}`)];
    }
    return [
      ...checkMethods(override, member, route.object),
      ...checkOwnToken(override, member, route.object),
    ];
  });
}

/** Checks that no client has a token of its own for a route that sends none. */
function checkOwnToken(override: Json | undefined, path: string, route: JsonObject): readonly Problem[] {
  const kind = route.has("sign_with") ? "signs its requests" : route.has("anonymous") ? "sends no token" : "";
  if (!(override instanceof Map) || kind === "") return [];
  return ["token_env", "token_file", "token_from"].filter((field) => override.has(field)).map((field) =>
    problem(`${path}.${field}`, "conflict", `can't be used for a route that ${kind}; remove it`)
  );
}

/** Checks that a client's methods are among the route's: it would be refused the others. */
function checkMethods(override: Json | undefined, path: string, route: JsonObject): readonly Problem[] {
  const own = override instanceof Map ? override.get("methods") : undefined;
  const allowed = route.get("methods");
  if (!Array.isArray(own) || !Array.isArray(allowed)) return [];
  return own.flatMap((method: Json, index) =>
    typeof method !== "string" || allowed.includes(method)
      ? []
      : [problem(`${path}.methods[${index}]`, "conflict", "is not among the methods of the route")]
  );
}

/** Checks that no client's token is also another's, or a route's, which clients must not know. */
function checkTokens(clients: readonly Item[], routes: readonly Item[]): readonly Problem[] {
  const problems: Problem[] = [];
  for (const field of ["token_env", "token_file"]) {
    const ofRoutes = new Set([
      ...routes.map(({ object }) => object.get(field)),
      ...clients.flatMap(({ object }) => {
        const use = object.get("routes");
        return use instanceof Map
          ? [...use.values()].map((each) => each instanceof Map ? each.get(field) : undefined)
          : [];
      }),
    ]);
    for (const { object, path } of clients) {
      const value = object.get(field);
      if (typeof value !== "string" || !ofRoutes.has(value)) continue;
      const message = `must not be the ${field} of a route, since the client knows it`;
      problems.push(problem(`${path}.${field}`, "conflict", message));
    }
    problems.push(...checkUnique(clients, field, "duplicate_client"));
  }
  return problems;
}

function checkSubjects(clients: readonly Item[], issuers: readonly Item[]): readonly Problem[] {
  const names = issuers.map(({ object }) => object.get("issuer"));
  const withSubject = clients.filter(({ object }) => object.has("subject"));
  const problems = withSubject.flatMap(({ object, path }) => {
    const issuer = object.get("issuer");
    if (issuers.length === 0) {
      return [
        problem(
          `${path}.subject`,
          "requires_issuer",
          "requires issuers, which say whose tokens are accepted",
        ),
      ];
    }
    if (issuer === undefined) {
      const message = "is missing: there are several issuers, and each may use the same subjects";
      return issuers.length === 1 ? [] : [problem(`${path}.issuer`, "requires_issuer", message)];
    }
    return names.includes(issuer)
      ? []
      : [problem(`${path}.issuer`, "unknown_issuer", "is not the issuer of any of the issuers")];
  });
  const first = new Map<string, string>();
  for (const { object, path } of withSubject) {
    const key = JSON.stringify([object.get("issuer") ?? names[0] ?? null, object.get("subject")]);
    const before = first.get(key);
    if (before === undefined) first.set(key, path);
    else problems.push(problem(`${path}.subject`, "duplicate_client", `is the same as ${before}.subject`));
  }
  if (issuers.length > 0 && withSubject.length === 0) {
    problems.push(problem("issuers", "unneeded_issuer", "are not used: no client has a subject"));
  }
  return problems;
}
