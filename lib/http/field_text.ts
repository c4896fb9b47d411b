import { type Problem, problem } from "../core/result.ts";

/**
 * Checks a string that is to become a field value or part of one.
 *
 * RFC 9110, section 5.5: no control character but the tab, and no whitespace at either end. There is no agreed encoding
 * for characters beyond Latin-1. The string may be a secret, so a message names only the kind of character and its
 * position, counted from 1.
 */
export function checkFieldText(text: string, path: string): readonly Problem[] {
  const message = messageFor(text);
  return message === undefined ? [] : [problem(path, "invalid_characters", message)];
}

function messageFor(text: string): string | undefined {
  for (let index = 0; index < text.length; index++) {
    const kind = invalidKind(text.charCodeAt(index));
    if (kind !== undefined) return `contains ${kind} at position ${index + 1}`;
  }
  if (/^[ \t]/.test(text)) return "begins with whitespace";
  return /[ \t]$/.test(text) ? "ends with whitespace" : undefined;
}

const NAMED = new Map([[0, "NUL"], [0x0a, "a line feed (LF)"], [0x0d, "a carriage return (CR)"]]);

function invalidKind(code: number): string | undefined {
  if (code > 0xff) return "a character beyond Latin-1";
  if (code === 0x09 || (code >= 0x20 && code !== 0x7f)) return undefined;
  return NAMED.get(code) ?? "a control character";
}
