import type { Secret } from "../core/secret.ts";
import { base64Forms, bothAlphabets } from "./base64.ts";
import { Form, type FormOptions } from "./form.ts";

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
 * Returns the forms of a secret that are masked in responses: the text itself, in hexadecimal, in base64, and in base64
 * of that. Escapes within them are matched, UTF-16 is decoded. No form is shorter than {@linkcode MIN_MASKED_BYTES}; a secret
 * that is shorter has no forms.
 */
export function secretForms({ text: secret, isBase64 = false }: MaskedSecret): Form[] {
  if (!isMaskable(secret)) return [];
  const forms = new Map<string, Form>();
  const add = (text: string, more: Partial<FormOptions> = {}): void => {
    const options = { text, extra: "", wraps: false, isSparse: false, ...more };
    const key = `${options.wraps}${options.extra} ${text}`;
    if (!forms.has(key)) forms.set(key, new Form(options));
  };

  const text = secret.reveal();
  const bare = isBase64 ? text.replace(/=+$/, "") : text;
  if (isBase64) {
    for (const each of bothAlphabets({ text: bare, extra: "" })) {
      add(each.text, { wraps: true });
    }
  } else for (const each of new Set([text, utf8(text), text.toLowerCase()])) add(each);
  for (const bytes of new Set([bare, utf8(bare)])) {
    for (const coded of hexForms(bytes)) add(coded, { isSparse: true });
    for (const coded of base64Forms(bytes)) {
      add(coded.text, { extra: coded.extra, wraps: true });
      // What is encoded twice: of the first result only what is certain.
      if (!isBase64) {
        for (const twice of base64Forms(coded.text)) {
          add(twice.text, { extra: twice.extra, isSparse: true });
        }
      }
    }
  }
  return [...forms.values()];
}

/** Yields a text in hexadecimal, in both cases. */
function* hexForms(bytes: string): Generator<string> {
  const coded = Array.from(bytes, (byte) => byte.charCodeAt(0).toString(16).padStart(2, "0")).join("");
  yield coded;
  yield coded.toUpperCase();
}

const encoder = new TextEncoder();

/** Returns a text's UTF-8 encoding, one byte per character. */
function utf8(text: string): string {
  return Array.from(encoder.encode(text), (byte) => String.fromCharCode(byte))
    .join("");
}
