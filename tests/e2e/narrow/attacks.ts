/**
 * Requests that look allowed on a narrow route, and that some server treats as something else.
 *
 * @module
 */

/** A request to `/public/…`. */
export interface Attack {
  readonly method: string;
  readonly target: string;
  readonly field?: readonly [name: string, value: string];
}

/** The page that the route allows, and the one that it does not. */
export const [ALLOWED, HIDDEN] = ["/public/page", "/admin/page"];

const METHOD_FIELDS =
  "X-HTTP-Method-Override X-HTTP-Method X-Method-Override HTTP-Method-Override X-Method X-HTTP-Verb X-Forwarded-Method"
    .split(" ");

const PATH_FIELDS =
  "X-Original-URL X-Rewrite-URL X-Original-URI X-Override-URL X-Forwarded-Uri X-Forwarded-Path X-Envoy-Original-Path X-Original-Path Script-Name Path-Info"
    .split(" ");

const METHOD_PARAMETERS =
  "_method=DELETE _METHOD=DELETE _HttpMethod=DELETE %5fmethod=DELETE _metho%64=DELETE a=1;_method=DELETE _method[]=DELETE X-HTTP-Method-Override=DELETE .method=DELETE +_method=DELETE _method%00=DELETE"
    .split(" ");

/** What leads from `/public/` to `/admin/` on some server. */
const CLIMBS = [
  ..."../ %2e%2e/ .%2e/ ..%2f ..%5c ..;/ ..%3b/ %252e%252e/ ./../ /../ ..// ..%20/ %20../ ..%09/ ..%00/ .../ ..../"
    .split(
      " ",
    ),
  ..."%ef%bc%8e%ef%bc%8e/ .%ef%bc%8e/ %e2%80%a5/ ..%ef%bc%8f %ef%bc%8e%ef%bc%8e%ef%bc%8f ..%c0%af %c0%ae%c0%ae/ ..%e2%88%95"
    .split(" "),
  ..."..%2f%2e%2e/ x/../../ x/%2e%2e/%2e%2e/ x/..%20/..%20/ ..%u2215 %u002e%u002e/ ..%25%32%66 ..%e2%80%8b/"
    .split(" "),
];

/** Spellings of a field's name that some servers can't tell apart. */
function spellings(name: string): readonly string[] {
  return [...new Set([name, name.replaceAll("-", "_"), name.toLowerCase().replace("-", "_")])];
}

/** Every attack. */
export const ATTACKS: readonly Attack[] = [
  ...METHOD_FIELDS.flatMap(spellings).map((name): Attack => ({
    method: "POST",
    target: ALLOWED,
    field: [name, "DELETE"],
  })),
  ...PATH_FIELDS.flatMap(spellings).map((name): Attack => ({
    method: "GET",
    target: ALLOWED,
    field: [name, HIDDEN],
  })),
  ...spellings("X-Forwarded-Prefix").map((name): Attack => ({
    method: "GET",
    target: ALLOWED,
    field: [name, "/admin"],
  })),
  ...spellings("X-Forwarded-Host").map((name): Attack => ({
    method: "GET",
    target: ALLOWED,
    field: [name, "admin.example"],
  })),
  ...["Forwarded", "X-Forwarded-Host", "X-Original-Host", "X-Host"].map((name): Attack => ({
    method: "GET",
    target: ALLOWED,
    field: [name, name === "Forwarded" ? "host=admin.example" : "admin.example"],
  })),
  ...METHOD_PARAMETERS.map((query): Attack => ({ method: "POST", target: `${ALLOWED}?${query}` })),
  ...CLIMBS.map((climb): Attack => ({ method: "GET", target: `/public/${climb}admin/page` })),
  ...["COPY", "MOVE"].flatMap((method) =>
    ["/admin/stolen", "http://HOST/admin/stolen", "../admin/stolen"].map((destination): Attack => ({
      method,
      target: ALLOWED,
      field: ["Destination", destination],
    }))
  ),
];

/** Requests that must pass and be taken as they are. */
export const ORDINARY: readonly Attack[] = [
  { method: "GET", target: ALLOWED },
  { method: "GET", target: `${ALLOWED}?method=photos.search&verb=List&q=%20a` },
  { method: "GET", target: ALLOWED, field: ["X-Stainless-Helper-Method", "stream"] },
];

/** Formats an attack for a report. */
export function attackText({ method, target, field }: Attack): string {
  return `${method} ${target}${field === undefined ? "" : ` with ${field.join(": ")}`}`;
}
