/**
 * Percent-encoding: RFC 3986, section 2.1.
 *
 * @module
 */

/** `unreserved` of RFC 3986, section 2.3, alone: such a text is its own encoding. */
const UNRESERVED = /^[A-Za-z0-9\-._~]*$/;

/** Encodes every byte of a text's UTF-8 form except unreserved characters. The text must have no lone surrogates. */
export function percentEncode(text: string): string {
  if (UNRESERVED.test(text)) return text;
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${hexOf(char)}`);
}

/**
 * Encodes a text as a part of one path segment. Besides unreserved characters it keeps those with no special meaning in a
 * segment (as Go's `url.PathEscape` does), since some servers compare such a segment without decoding it.
 */
export function percentEncodeSegment(text: string): string {
  return percentEncode(text).replace(/%(?:24|26|2B|3A|3D|40)/g, decodeURIComponent);
}

/** Decodes a text once, to one character per byte. A `%` that begins no encoding stays. */
export function percentDecode(text: string): string {
  if (!text.includes("%")) return text;
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)));
}

function hexOf(char: string): string {
  return char.charCodeAt(0).toString(16).toUpperCase();
}
