import { Secret } from "../core/secret.ts";
import { base64Forms, bothAlphabets } from "./base64.ts";
import { hexForms, htmlForms, jsonForms, percentForms } from "./escapes.ts";

/** The length in bytes of the shortest token that is masked: shorter ones occur by chance in unrelated content. */
export const LEAST_MASKED = 8;

/** Returns whether a token is long enough to be masked. */
export function isMaskable(token: Secret): boolean {
  return token.reveal().length >= LEAST_MASKED;
}

/** A secret that responses must not show. */
export interface MaskedSecret {
  readonly text: Secret;
  /** Whether the text is base64 already, as in a Basic credential: then both alphabets of base64 count. */
  readonly isBase64?: boolean;
}

/**
 * Returns every form of a secret that is masked in responses: the text itself, and what common encoders make of it,
 * one byte per character. No form is shorter than {@linkcode LEAST_MASKED}, since no encoder shortens a text; a secret
 * that is shorter has no forms.
 */
export function secretForms({ text: secret, isBase64 = false }: MaskedSecret): Secret[] {
  if (!isMaskable(secret)) return [];
  const text = secret.reveal();
  const forms = new Set<string>();
  if (isBase64) {
    for (const form of bothAlphabets(text)) for (const spelling of spellings(form)) forms.add(spelling);
    // A service that encodes the field's value has encoded it for the second time.
    for (const form of textForms(text.replace(/=+$/, ""))) forms.add(form);
  } else {
    for (const form of textForms(text)) forms.add(form);
  }
  return Array.from(forms, (form) => Secret.of(form));
}

/** Heads are Latin-1, but most services turn them into UTF-8: a text beyond ASCII has forms in both. */
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

/** Yields an ASCII text as each encoder writes it. */
function* spellings(text: string): Generator<string> {
  yield text;
  yield* percentForms(text);
  yield* jsonForms(text);
  yield* htmlForms(text);
}

const encoder = new TextEncoder();

/** Returns the text's bytes in UTF-8, one per character. */
function utf8(text: string): string {
  return Array.from(encoder.encode(text), (byte) => String.fromCharCode(byte)).join("");
}
