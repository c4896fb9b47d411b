import type { RouteConfig } from "../config/route/route_config.ts";
import { credentialValue } from "../credentials/credential.ts";
import { Secret } from "../core/secret.ts";
import { base64Forms, bothAlphabets } from "./base64.ts";
import { hexForms, htmlForms, jsonForms, percentForms } from "./escapes.ts";

/** The shortest token, in bytes, that is masked: shorter ones occur by chance in what has nothing to do with them. */
export const LEAST_MASKED = 8;

/** Whether a token is long enough to be masked. */
export function isMaskable(token: Secret): boolean {
  return token.reveal().length >= LEAST_MASKED;
}

/**
 * Everything that is masked in replies: the route's token as it is, and as common encoders write it. A text of bytes,
 * a byte a character. None is shorter than {@linkcode LEAST_MASKED}, as no spelling is shorter than what it spells; for
 * a token that is, there are none.
 *
 * The field value that carries the token needs no form of its own where the token stands in it as it is. With `Basic`
 * it is base64, and so are the forms.
 */
export function secretForms(route: Pick<RouteConfig, "authScheme" | "authUser">, token: Secret): Secret[] {
  if (!isMaskable(token)) return [];
  const forms = new Set<string>();
  for (const secret of secretsOf(route, token)) {
    for (const form of textForms(secret)) forms.add(form);
  }
  if (isBasic(route)) {
    const coded = credentialValue(route, token).reveal().slice(route.authScheme.length + 1);
    for (const form of bothAlphabets(coded)) for (const spelling of spellings(form)) forms.add(spelling);
    // A service that shows the field's value encoded has encoded it for the second time.
    for (const form of textForms(coded.replace(/=+$/, ""))) forms.add(form);
  }
  return Array.from(forms, (form) => Secret.of(form));
}

/** The token, and where it is `user:password`, the password: a service that takes them apart shows it alone. */
function secretsOf(route: Pick<RouteConfig, "authScheme" | "authUser">, token: Secret): string[] {
  const text = token.reveal();
  const colon = text.indexOf(":");
  if (!isBasic(route) || route.authUser !== undefined || colon < 0) return [text];
  const password = text.slice(colon + 1);
  return password.length >= LEAST_MASKED ? [text, password] : [text];
}

function isBasic(route: Pick<RouteConfig, "authScheme">): boolean {
  return route.authScheme.toLowerCase() === "basic";
}

/** A head is Latin-1, but what a service makes of it is mostly UTF-8: a text beyond ASCII has both. */
function* textForms(text: string): Generator<string> {
  for (const escaped of [text, ...jsonForms(text), ...htmlForms(text)]) {
    yield escaped;
    yield utf8(escaped);
  }
  for (const bytes of new Set([text, utf8(text)])) {
    yield* percentForms(bytes);
    yield* hexForms(bytes);
    for (const coded of new Set(base64Forms(bytes))) yield* spellings(coded);
  }
}

/** A text in ASCII as each encoder writes it. */
function* spellings(text: string): Generator<string> {
  yield text;
  yield* percentForms(text);
  yield* jsonForms(text);
  yield* htmlForms(text);
}

const encoder = new TextEncoder();

/** The text's bytes in UTF-8, a byte a character. */
function utf8(text: string): string {
  return Array.from(encoder.encode(text), (byte) => String.fromCharCode(byte)).join("");
}
