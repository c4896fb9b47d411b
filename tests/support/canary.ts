/**
 * Secrets that are searched for in all output. They are deliberately found without the masking's own code.
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
  /** The route's fields, except the upstream and `token_env`. */
  readonly route: { readonly path: string; readonly [field: string]: unknown };
  /** What follows the upstream's host; nothing by default. */
  readonly base?: string;
  /** The text that must not appear in any encoding. */
  readonly secret: string;
  /** The base64 in a Basic credential, which must not appear as text either. */
  readonly value?: string;
}

/** A secret to search for, and its name in findings. */
export type Needle = Pick<Canary, "variable" | "secret" | "value">;

/** One canary per kind of credential; the tokens have the characters that encoders treat specially. */
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
  {
    variable: "QUERY_TOKEN",
    token: "AIza+Q4/tW8=pX1 &kD6'sN3_bM9~hJ2-cF5.zR7",
    route: { path: "/query/", auth_query: "api_key" },
    secret: "AIza+Q4/tW8=pX1 &kD6'sN3_bM9~hJ2-cF5.zR7",
  },
  {
    variable: "PATH_TOKEN",
    token: "8213097645:AAH-eY2_wU7oGv$5/Lp&0Tq=Kx3+Rj@6",
    route: { path: "/path/" },
    base: "/bot{token}/v1",
    secret: "8213097645:AAH-eY2_wU7oGv$5/Lp&0Tq=Kx3+Rj@6",
  },
];

/** The variables that hold the canaries' tokens. */
export const CANARY_ENV: Readonly<Record<string, string>> = Object.fromEntries(
  CANARIES.map(({ variable, token }) => [variable, token]),
);

/** Returns the routes of all canaries to one upstream. */
export function canaryRoutes(upstream: string): object[] {
  return CANARIES.map(({ route, base = "", variable }) => ({
    cookies: true,
    ...route,
    upstream: upstream + base,
    token_env: variable,
  }));
}

/** A secret as a service may send it back. */
interface Form {
  readonly name: string;
  readonly text: string;
  /** The part of the text that depends on the secret alone. */
  readonly core: string;
}

/** Encodes a text as common text encoders do. */
function textForms(text: string): Form[] {
  const percent = encodeURIComponent(text);
  const json = JSON.stringify(text).slice(1, -1);
  const whole = hexOf(text).replace(/../g, "%$&");
  const forms = {
    "plain": text,
    "percent-encoded": percent,
    "percent-encoded in the query": inQuery(text),
    "percent-encoded in the path": inPath(text),
    "percent-encoded in lower case": percent.replace(/%../g, (code) => code.toLowerCase()),
    "percent-encoded whole": whole,
    "percent-encoded whole in upper case": whole.toUpperCase(),
    "percent-encoded but for letters and digits": inUri(text),
    "percent-encoded twice": encodeURIComponent(percent),
    "percent-encoded whole and twice": encodeURIComponent(whole),
    "escaped as in JavaScript": whole.replaceAll("%", "\\x"),
    "escaped whole as in JSON": whole.replaceAll("%", "\\u00"),
    "in decimal references": [...text].map((char) => `&#${char.codePointAt(0)};`).join(""),
    "in hexadecimal references": whole.replace(/%(..)/g, "&#x$1;"),
    "in hexadecimal references but for letters and digits": inUri(text).replace(/%(..)/g, "&#x$1;"),
    "in Markdown": text.replace(/[!-/:-@[-`{-~]/g, "\\$&"),
    "form-encoded": new URLSearchParams([["", text]]).toString().slice(1),
    "in JSON": json,
    "in JSON with slashes escaped": json.replaceAll("/", "\\/"),
    "in HTML": text.replace(/[&<>"]/g, (char) => `${REFERENCES[char]}`),
  };
  return Object.entries(forms).map(([name, form]) => ({ name, text: form, core: form }));
}

/** Encodes a text as RFC 3986, section 2.3, suggests: all but unreserved characters. */
function inQuery(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${hexOf(char).toUpperCase()}`);
}

/** Encodes a text as the encoders of Rust and Swift do that keep letters and digits only. */
function inUri(text: string): string {
  return text.replace(/[^A-Za-z0-9]/g, (char) => `%${hexOf(char).toUpperCase()}`);
}

/** Encodes a text as Go's `url.PathEscape` does. */
function inPath(text: string): string {
  return inQuery(text).replace(/%(?:24|26|2B|3A|3D|40)/g, decodeURIComponent);
}

/** Returns how a canary appears in the head of a request: its token as it is or encoded, or the value of its field. */
export function sentText({ base, route, value, secret }: Canary): string {
  if (base !== undefined) return inPath(secret);
  return route.auth_query === undefined ? value ?? secret : inQuery(secret);
}

const REFERENCES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** Encodes a text as common byte encoders do: in hex, and in base64 at each alignment, alone and before more text. */
function byteForms(text: string): Form[] {
  const hex = [hexOf(text), hexOf(text).toUpperCase()].map((form) => ({
    name: "in hex",
    text: form,
    core: form,
  }));
  const base64 = ["", "a", "ab"].flatMap((before) =>
    ["", " and more"].flatMap((after) => {
      const coded = btoa(before + text + after);
      // A base64 character holds six bits. Those at the ends may include bits of a neighbour.
      const bits = before.length * 8;
      const core = coded.slice(Math.ceil(bits / 6), Math.floor((bits + text.length * 8) / 6));
      return [
        { name: "in base64", text: coded, core },
        { name: "in base64url", text: forUrls(coded), core: forUrls(core) },
        { name: "in base64, percent-encoded twice", text: twice(coded), core: twice(core) },
      ];
    })
  );
  return [...hex, ...base64];
}

function twice(text: string): string {
  return encodeURIComponent(encodeURIComponent(text));
}

function hexOf(text: string): string {
  return new TextEncoder().encode(text).toHex();
}

function forUrls(coded: string): string {
  return coded.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Returns a canary in all forms, on one line that any field and any content may hold. */
export function payloadOf({ secret, value }: Pick<Needle, "secret" | "value">): string {
  return lineOf([...textForms(secret), ...byteForms(secret), ...value === undefined ? [] : textForms(value)]);
}

/** Returns the value of a Basic credential, which is base64, encoded a second time. */
export function reencodedPayloadOf({ value }: Canary): string {
  return lineOf(value === undefined ? [] : byteForms(value));
}

function lineOf(forms: readonly Form[]): string {
  return forms.map(({ text }) => `[${text}]`).join(" ");
}

/** Length of the pieces that are searched for, in characters; shorter ones may occur by chance. */
const PIECE = 12;

/** Maps all pieces of some canaries, in all forms, to where each is from. */
function piecesFor(canaries: readonly Needle[]): ReadonlyMap<string, string> {
  return new Map(
    canaries.flatMap(({ variable, secret, value }) =>
      [secret, ...value === undefined ? [] : [value]].flatMap((text) =>
        [...textForms(text), ...byteForms(text)].flatMap(({ name, core }) =>
          Array.from(piecesOf(core), (piece): [string, string] => [piece, `${variable} ${name}`])
        )
      )
      // Of forms that share a piece the first is the simplest.
    ).toReversed(),
  );
}

function* piecesOf(text: string): Generator<string> {
  for (let at = 0; at + PIECE <= text.length; at++) yield text.slice(at, at + PIECE);
}

/** Returns a function that finds pieces in text or bytes: whose and in which form, with the first such piece. */
export function finderFor(
  canaries: readonly Needle[],
): (given: string | Uint8Array) => ReadonlyMap<string, string> {
  const pieces = piecesFor(canaries);
  return (given) => {
    const text = typeof given === "string" ? given : fromLatin1(given);
    const found = new Map<string, string>();
    for (const piece of piecesOf(text)) {
      const origin = pieces.get(piece);
      if (origin !== undefined && !found.has(origin)) found.set(origin, piece);
    }
    return found;
  };
}

const find = finderFor(CANARIES);

/** Returns which canaries appear in text or bytes, and in which form. */
export function canariesIn(given: string | Uint8Array): string[] {
  return Array.from(find(given), ([origin, piece]) => `${origin}, with ${piece}`);
}

/** Asserts that no piece of a canary appears. */
export function assertNoCanary(given: string | Uint8Array, what: string): void {
  assertEquals(canariesIn(given), [], what);
}
