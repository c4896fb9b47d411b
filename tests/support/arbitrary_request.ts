/**
 * Requests for property tests: the client's, the route's part in them, and what the upstream must get.
 *
 * @module
 */

import { fc } from "./property.ts";
import type { RequestFraming } from "../../lib/http/framing.ts";

/** A field's name, in lower case, and its value, one character per byte. */
type Line = readonly [name: string, value: string];

/** A request that a client sends to a route. */
export interface SampleRequest {
  readonly method: string;
  readonly target: string;
  /** The client's fields. */
  readonly fields: readonly Line[];
  readonly framing: RequestFraming;
  /** The pieces in which the content arrives. */
  readonly content: readonly Uint8Array<ArrayBuffer>[];
  /** Fields of the route table's entry. */
  readonly route: {
    readonly set_headers: Readonly<Record<string, string>>;
    readonly add_headers: Readonly<Record<string, string>>;
    readonly auth_header: string;
    readonly cookies: boolean;
    readonly scrub: boolean;
  };
  /** How many bytes one write to the upstream accepts at most. */
  readonly appetite: number;
}

/** The value of the credential's field. */
export const CREDENTIAL = "Bearer real-Jt5Xm8Qz2Lk7Vw4N";

const LETTERS = "abcdefghijklmnopqrstuvwxyz";

function textOf(characters: string, maxLength: number, minLength = 0): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...characters), minLength, maxLength });
}

/** All characters allowed in a path: the visible ones but for `#`, `?` and the backslash. */
const PATH_SIGNS = Array.from({ length: 94 }, (_, at) => String.fromCharCode(0x21 + at))
  .filter((sign) => !"#?\\".includes(sign)).join("");

const target = fc.tuple(
  textOf(PATH_SIGNS, 30),
  fc.option(textOf(`${PATH_SIGNS}?\\`, 30), { nil: undefined }),
).map(([path, query]) => query === undefined ? `/${path}` : `/${path}?${query}`);

/** Names with a meaning, and any other. */
const name = fc.oneof(
  { arbitrary: textOf(`${LETTERS}!#$%&'*+-.^_\`|~0123456789`, 12, 1), weight: 3 },
  fc.constantFrom(
    ...[
      "accept",
      "accept-encoding",
      "content-type",
      "user-agent",
      "cookie",
      "host",
      "x-a",
      "x-b",
      "x-own",
      "content-length",
    ],
    ...[
      "te",
      "trailer",
      "upgrade",
      "keep-alive",
      "expect",
      "http2-settings",
      "proxy-connection",
      "proxy-authenticate",
    ],
    ...[
      "authorization",
      "proxy-authorization",
      "x-api-key",
      "x-goog-api-key",
      "api-key",
      "transfer-encoding",
    ],
  ),
);

/** Removes the white space that is not part of a field value. */
const value = textOf(`${LETTERS}${LETTERS.toUpperCase()}0123456789 \t,;:="()/\x80\x9f\xe9\xff`, 20)
  .map((text) => text.replace(/^[ \t]+|[ \t]+$/g, ""));

const connection = fc.array(
  fc.constantFrom("close", "keep-alive", "X-A", "x-b", "Authorization", "x-own", "host", ""),
  {
    maxLength: 3,
  },
).map((options): Line => ["connection", options.join(", ")]);

/** Occasionally a head is longer than most. */
const long = fc.tuple(
  fc.constant("x-long"),
  fc.integer({ min: 1500, max: 20_000 }).map((length) => "\xe9x".repeat(length)),
);

const fields = fc.tuple(
  fc.array(fc.oneof({ arbitrary: fc.tuple(name, value), weight: 100 }, long), { maxLength: 8 }),
  fc.array(connection, { maxLength: 1 }),
).map(([lines, more]) => [...lines, ...more]);

const routeNames = fc.constantFrom("x-a", "X-B", "x-c", "accept", "user-agent");
const routeValues = textOf(`${LETTERS} ;=`, 10, 1).map((text) => `v${text.trim()}`);

/** Pieces as the runtime delivers them: none is empty. */
const content = fc.array(
  fc.oneof(
    { arbitrary: fc.uint8Array({ minLength: 1, maxLength: 40 }), weight: 40 },
    fc.constant(new TextEncoder().encode("0\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n")),
    fc.constantFrom(1000, 65_519, 65_520, 65_521, 65_536, 150_000).map((length) =>
      new Uint8Array(length).fill(97)
    ),
  ),
  { maxLength: 5 },
).map((pieces) => pieces.map((piece) => new Uint8Array(piece)));

/** A request of any kind that the service forwards. */
export const arbitraryRequest: fc.Arbitrary<SampleRequest> = fc.record({
  method: fc.constantFrom(
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "PROPFIND",
    "REPORT",
    "M-SEARCH",
  ),
  target,
  fields,
  kind: fc.constantFrom("none", "length", "chunked"),
  content,
  set: fc.dictionary(routeNames, routeValues, { maxKeys: 1 }),
  add: fc.dictionary(routeNames, routeValues, { maxKeys: 2 }),
  auth_header: fc.constantFrom("Authorization", "X-Api-Key", "x-own"),
  cookies: fc.boolean(),
  scrub: fc.boolean(),
  appetite: fc.constantFrom(Infinity, Infinity, 7, 1000),
}).map(({ kind, method, content, set, add, ...rest }) => {
  // What the runtime or the service has refused before.
  const bare = kind === "none" || method === "GET" || method === "HEAD";
  const pieces = bare ? [] : content;
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const framing: RequestFraming = bare
    ? { kind: "none" }
    : kind === "length"
    ? { kind, length }
    : { kind: "chunked" };
  // A table must not have a name in both, whatever its case.
  const taken = Object.keys(set).map((each) => each.toLowerCase());
  const others = Object.entries(add).filter(([each], at, all) =>
    !taken.includes(each.toLowerCase()) &&
    all.findIndex(([other]) => other.toLowerCase() === each.toLowerCase()) === at
  );
  return {
    method,
    target: rest.target,
    fields: rest.fields,
    framing,
    content: pieces,
    route: {
      set_headers: set,
      add_headers: Object.fromEntries(others),
      auth_header: rest.auth_header,
      cookies: rest.cookies,
      scrub: rest.scrub,
    },
    appetite: rest.appetite,
  };
});

/** Never the client's: fields of the connection, credentials, and what the service writes itself. */
const WITHHELD: ReadonlySet<string> = new Set([
  ...["connection", "te", "trailer", "upgrade", "keep-alive", "expect", "http2-settings", "proxy-connection"],
  ...["proxy-authenticate", "proxy-authorization", "transfer-encoding", "content-length", "host"],
  ...["authorization", "x-api-key", "x-goog-api-key", "api-key"],
]);

/**
 * Returns the fields that the upstream must read, sorted. Derived from the contract, not from the code.
 *
 * @param given The client's fields as the runtime delivers them: joined where they are repeated.
 */
export function fieldsMeant({ route, framing }: SampleRequest, given: Headers, authority: string): Line[] {
  const own = lowered(route.set_headers);
  if (route.scrub) own.set("accept-encoding", "identity");
  const credential = route.auth_header.toLowerCase();
  const named = (given.get("connection") ?? "").split(",").map((option) => option.trim().toLowerCase());
  const meant = new Map<string, string>();
  for (const [name, text] of given) {
    if (WITHHELD.has(name) || own.has(name) || named.includes(name) || name === credential) continue;
    if (name === "cookie" && !route.cookies) continue;
    meant.set(name, text);
  }
  for (const [name, text] of lowered(route.add_headers)) {
    meant.set(name, meant.get(name) ? `${meant.get(name)}, ${text}` : text);
  }
  for (const [name, text] of own) meant.set(name, text);
  if (framing.kind === "length") meant.set("content-length", String(framing.length));
  if (framing.kind === "chunked") meant.set("transfer-encoding", "chunked");
  meant.set("host", authority).set(credential, CREDENTIAL);
  // White space at either end is not part of a value, though joining an empty one puts it there: RFC 9110, section 5.5.
  return sorted([...meant].map(([name, text]) => [name, text.replace(/^[ \t]+|[ \t]+$/g, "")]));
}

function lowered(fields: Readonly<Record<string, string>>): Map<string, string> {
  return new Map(Object.entries(fields).map(([name, text]) => [name.toLowerCase(), text]));
}

/** Sorts lines by name; a repeated name stays repeated. */
export function sorted(fields: Iterable<Line>): Line[] {
  return [...fields].sort(([left], [right]) => left < right ? -1 : left > right ? 1 : 0);
}
