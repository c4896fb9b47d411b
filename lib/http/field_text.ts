/**
 * What is wrong with a text that is to go into a head, as a value or a part of one, or undefined.
 *
 * RFC 9110, section 5.5: no control byte but, inside, the tab; no white space at either end. Beyond Latin-1 there is
 * no agreed byte for a character. The text may be a secret: only the kind of character and its position are told.
 */
export function checkFieldText(text: string): string | undefined {
  for (let index = 0; index < text.length; index++) {
    const kind = faultyKind(text.charCodeAt(index));
    if (kind !== undefined) return `holds ${kind} at position ${index + 1}`;
  }
  if (/^[ \t]/.test(text)) return "begins with white space";
  if (/[ \t]$/.test(text)) return "ends with white space";
  return undefined;
}

const NAMED = new Map([[0, "NUL"], [0x0a, "a line feed (LF)"], [0x0d, "a carriage return (CR)"]]);

function faultyKind(code: number): string | undefined {
  if (code > 0xff) return "a character beyond Latin-1";
  if (code === 0x09 || (code >= 0x20 && code !== 0x7f)) return undefined;
  return NAMED.get(code) ?? "a control character";
}
