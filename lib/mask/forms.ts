import { Secret } from "../core/secret.ts";
import { base64Forms, bothAlphabets } from "./base64.ts";
import { hexForms, htmlForms, jsonForms, percentForms } from "./escapes.ts";

/** The minimum length of a token that is masked, in bytes: shorter ones occur by chance in unrelated content. */
export const MIN_MASKED_BYTES = 8;

/** Reports whether a token is long enough to be masked. */
export function isMaskable(token: Secret): boolean {
  return token.reveal().length >= MIN_MASKED_BYTES;
}

/** A secret that responses must not reveal. */
export interface MaskedSecret {
  readonly text: Secret;
  /** Whether the text is itself base64, as in a Basic credential; then it is masked in both alphabets. */
  readonly isBase64?: boolean;
}

/**
 * Returns every form of a secret that is masked in responses, one byte per character: the text itself, and the results of
 * common encoders. No form is shorter than {@linkcode MIN_MASKED_BYTES}, since no encoder shortens a text; a secret that is
 * shorter has no forms.
 */
export function secretForms({ text: secret, isBase64 = false }: MaskedSecret): Secret[] {
  if (!isMaskable(secret)) return [];
  const text = secret.reveal();
  const forms = new Set<string>();
  if (isBase64) {
    for (const form of bothAlphabets(text)) for (const spelling of spellings(form)) forms.add(spelling);
    // A server that encodes the field's value encodes it for the second time.
    for (const form of textForms(text.replace(/=+$/, ""))) forms.add(form);
  } else {
    for (const form of textForms(text)) forms.add(form);
  }
  return Array.from(forms, (form) => Secret.of(form));
}

/** Yields every form of a text. Beyond ASCII, in both encodings: heads are Latin-1, but most servers respond in UTF-8. */
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

/** Yields the result of every encoder for an ASCII text. */
function* spellings(text: string): Generator<string> {
  yield text;
  yield* percentForms(text);
  yield* jsonForms(text);
  yield* htmlForms(text);
}

const encoder = new TextEncoder();

/** Returns a text's UTF-8 encoding, one byte per character. */
function utf8(text: string): string {
  return Array.from(encoder.encode(text), (byte) => String.fromCharCode(byte)).join("");
}
