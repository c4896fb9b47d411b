/** The name of a repository: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests */
const PART = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const NAME = `${PART}(?:/${PART})*`;

/** The paths below a repository that the specification has. */
const OF_REPOSITORY = new RegExp(
  `^/v2/(${NAME})/(?:(manifests)/[^/]+|blobs/[^/]+|(blobs/uploads)/(?:[^/]+)?|tags/list|referrers/[^/]+)$`,
);

/** The length of a path at most, in characters: the specification limits names to 255. */
const PATH_LIMIT = 1024;

/** A request, as far as it says what it needs. */
export interface ScopedRequest {
  readonly method: string;
  /** The path at the registry, without a query. */
  readonly path: string;
}

/**
 * Returns the scope of the token that a request to a registry needs, and no more; empty where it needs none, such as for the
 * version check: https://distribution.github.io/distribution/spec/auth/scope/
 *
 * A blob that is mounted from another repository would need to pull from that one as well. It is not asked for: it stands in
 * the query, past what a route allows by its paths. The registry then asks for an upload instead.
 */
export function scopeFor({ method, path }: ScopedRequest): string {
  if (path === "/v2/_catalog") return "registry:catalog:*";
  // Nothing is decoded: a name in another spelling is not one.
  const [, name, manifest, upload] = path.length > PATH_LIMIT ? [] : OF_REPOSITORY.exec(path) ?? [];
  if (name === undefined) return "";
  return `repository:${name}:${actionsFor(method, { manifest, upload })}`;
}

/** How an upload is begun, looked at, continued, and given up. */
const UPLOADING: ReadonlySet<string> = new Set(["POST", "GET", "HEAD", "PATCH", "PUT", "DELETE"]);

function actionsFor(
  method: string,
  { manifest, upload }: { readonly manifest: string | undefined; readonly upload: string | undefined },
): string {
  if (upload !== undefined && UPLOADING.has(method)) return "pull,push";
  if (manifest !== undefined && method === "PUT") return "pull,push";
  return method === "DELETE" ? "delete" : "pull";
}
