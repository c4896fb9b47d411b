/**
 * Secrets that are looked for in all that comes out. On purpose none of the masking's own code is used to find them.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { fromLatin1 } from "./bytes.ts";

/** A secret, and the route that holds it. */
export interface Canary {
  /** The variable that holds the token. */
  readonly variable: string;
  readonly token: string;
  /** The route's fields, but for the upstream and `token_env`. */
  readonly route: { readonly path: string; readonly [field: string]: unknown };
  /** What must not come out in any encoding. */
  readonly secret: string;
  /** What must not come out either, as text: the base64 in a Basic credential. */
  readonly value?: string;
}

/** One of each kind of credential; the tokens have the characters that encoders treat in ways of their own. */
export const CANARIES: readonly Canary[] = [
  {
    variable: "BEARER_TOKEN",
    token: "canary+Zq7/Lm2=K9.xB4_vNc-8wT~e3",
    route: { path: "/bearer/", auth_scheme: "Bearer" },
    secret: "canary+Zq7/Lm2=K9.xB4_vNc-8wT~e3",
  },
  {
    variable: "BASIC_TOKEN",
    token: "ghs_R5tq8YpW1mZkV0aJ7LdX3uEo9B",
    route: { path: "/basic/", auth_scheme: "Basic", auth_user: "x-access-token" },
    secret: "ghs_R5tq8YpW1mZkV0aJ7LdX3uEo9B",
    value: btoa("x-access-token:ghs_R5tq8YpW1mZkV0aJ7LdX3uEo9B"),
  },
  {
    variable: "PAIR_TOKEN",
    token: "someone:Pw/9+dK2=sQ7&nH4<rT6>vC1",
    route: { path: "/pair/", auth_scheme: "Basic" },
    secret: "Pw/9+dK2=sQ7&nH4<rT6>vC1",
    value: btoa("someone:Pw/9+dK2=sQ7&nH4<rT6>vC1"),
  },
  {
    variable: "BARE_TOKEN",
    token: "sk-\"6Gf\\2Jw'8Mx 4Bz%5Cy&0Dv/7Hn",
    route: { path: "/bare/", auth_scheme: "", auth_header: "X-Api-Key" },
    secret: "sk-\"6Gf\\2Jw'8Mx 4Bz%5Cy&0Dv/7Hn",
  },
];

/** The variables that hold the canaries' tokens. */
export const CANARY_ENV: Readonly<Record<string, string>> = Object.fromEntries(
  CANARIES.map(({ variable, token }) => [variable, token]),
);

/** The routes of all canaries to one upstream. */
export function canaryRoutes(upstream: string): object[] {
  return CANARIES.map(({ route, variable }) => ({ cookies: true, ...route, upstream, token_env: variable }));
}

/** A text as the usual encoders make it, each with a name. */
function textForms(text: string): [name: string, form: string][] {
  const percent = encodeURIComponent(text);
  const json = JSON.stringify(text).slice(1, -1);
  const whole = hexOf(text).replace(/../g, "%$&");
  return [
    ["plain", text],
    ["percent-encoded", percent],
    ["percent-encoded in lower case", percent.replace(/%../g, (code) => code.toLowerCase())],
    ["percent-encoded whole", whole],
    ["percent-encoded whole in upper case", whole.toUpperCase()],
    ["form-encoded", new URLSearchParams([["", text]]).toString().slice(1)],
    ["in JSON", json],
    ["in JSON with slashes escaped", json.replaceAll("/", "\\/")],
    ["in HTML", text.replace(/[&<>"]/g, (char) => `${REFERENCES[char]}`)],
  ];
}

const REFERENCES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** A text as the usual encoders make it of bytes: base64 behind no, one and two bytes, and hex. */
export function byteForms(text: string): [name: string, form: string][] {
  const base64 = ["", "a", "ab"].flatMap((before): [string, string][] => {
    const coded = btoa(`${before}${text}`);
    const within = btoa(`${before}${text} and more`);
    const place = `behind ${before.length} bytes`;
    return [
      [`in base64 ${place}`, coded],
      [`in base64 ${place} and before more`, within],
      [`in base64url ${place}`, forUrls(coded)],
      [`in base64url ${place} and before more`, forUrls(within)],
    ];
  });
  return [["in hex", hexOf(text)], ["in upper-case hex", hexOf(text).toUpperCase()], ...base64];
}

function hexOf(text: string): string {
  return new TextEncoder().encode(text).toHex();
}

function forUrls(coded: string): string {
  return coded.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** A canary as services may send it back. */
function formsOf({ secret, value }: Canary): [name: string, form: string][] {
  return [...textForms(secret), ...byteForms(secret), ...value === undefined ? [] : textForms(value)];
}

/** All forms of a canary, on one line that any field and any content may hold. */
export function songOf(canary: Canary): string {
  return formsOf(canary).map(([, form]) => `[${form}]`).join(" ");
}

/** So many characters of a secret, in whatever encoding, are a piece of it; fewer may occur by chance. */
const PIECE = 12;

/** The pieces of all canaries in all forms, and where each is from. */
const PIECES: ReadonlyMap<string, string> = new Map(
  CANARIES.flatMap((canary) =>
    formsOf(canary).flatMap(([name, form]) =>
      Array.from(
        piecesOf(withoutNeighbours(name, form)),
        (piece): [string, string] => [piece, `${canary.variable} ${name}`],
      )
    )
  ),
);

/** In base64 the characters at the ends carry bits of the neighbours: they are no part of the secret. */
function withoutNeighbours(name: string, text: string): string {
  return name.includes("base64") ? text.slice(4).replace(/.{4}=*$/, "") : text;
}

function* piecesOf(text: string): Generator<string> {
  for (let at = 0; at + PIECE <= text.length; at++) yield text.slice(at, at + PIECE);
}

/** Which canaries show in a text or in bytes, and how. */
export function canariesIn(given: string | Uint8Array): string[] {
  const text = typeof given === "string" ? given : fromLatin1(given);
  const found = new Set<string>();
  for (const piece of piecesOf(text)) {
    const origin = PIECES.get(piece);
    if (origin !== undefined) found.add(`${origin}: ${piece}`);
  }
  return [...found];
}

/** That no piece of a canary shows. */
export function assertSilent(given: string | Uint8Array, what: string): void {
  assertEquals(canariesIn(given), [], what);
}
