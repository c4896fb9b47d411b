import { fail, ok, type Problem, problemsOf, type Result } from "../core/result.ts";
import { parseUpstream } from "../config/route/upstream_url.ts";
import { findProvider } from "./all_providers.ts";
import type { Provider, RouteFields } from "./provider.ts";

/** A provider, and the host that its routes lead to. */
export interface Choice {
  readonly provider: Provider;
  /** The routes' fields, complete. */
  readonly routes: readonly RouteFields[];
}

/**
 * Parses `PROVIDER` or `PROVIDER=HOST`, where HOST may also be a URL without a path, such as that of a mock.
 */
export function parseChoice(text: string): Result<Choice> {
  const [, given = "", own] = /^([^=]*)(?:=(.*))?$/s.exec(text) ?? [];
  const name = given.toLowerCase();
  const found = findProvider(name);
  if (!found.ok) return found;
  const provider = found.value;
  const host = own ?? provider.host;
  const usesHost = provider.routes.some(({ fields }) => fields.upstream.includes("{host}"));
  if (!usesHost && own !== undefined) {
    return fail(name, "invalid_host", "has one host for everybody; leave out what follows the =");
  }
  if (usesHost && host === undefined) {
    const message = `has a host of your own: write ${name}=HOST, for example ${name}=${provider.hostExample}`;
    return fail(name, "missing", message);
  }
  if (own?.replace(/^https?:\/\//i, "").replace(/\/$/, "").includes("/")) {
    return fail(`${name}=HOST`, "invalid_host", "must be a host, or a URL without a path");
  }
  const problems: Problem[] = [];
  const routes = provider.routes.map(({ fields }) => {
    const upstream = own?.includes("://")
      ? fields.upstream.replace(/^https:\/\/\{host\}/, own.replace(/\/$/, ""))
      : fields.upstream.replace("{host}", host ?? "");
    problems.push(...problemsOf(parseUpstream(upstream, `${name}=HOST`)));
    return { ...inRegion(fields, regionOf(host ?? "")), upstream };
  });
  return problems.length === 0 ? ok({ provider, routes }) : { ok: false, problems: problems.slice(0, 1) };
}

/** Returns the region in a host of AWS: `bedrock-runtime.us-east-1.amazonaws.com`. */
function regionOf(host: string): string {
  return /\.([a-z]{2}(?:-[a-z]+)+-\d+)\./.exec(host)?.[1] ?? "us-east-1";
}

/** Returns fields with a region in place of `{region}`, at any depth. */
function inRegion<Value>(value: Value, region: string): Value {
  if (typeof value === "string") return value.replaceAll("{region}", region) as Value & string;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, inRegion(each, region)]),
  ) as Value;
}
