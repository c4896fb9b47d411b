/**
 * Characters that a terminal or an editor acts on instead of showing them: the controls of C0 and C1 (a terminal takes U+009B
 * for the beginning of a command), the two line separators of Unicode, those that change the direction of text or have no
 * width, and halves of a surrogate pair.
 */
const UNSHOWN =
  // deno-lint-ignore no-control-regex -- these are what is looked for
  /[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Surrogate}/gu;

/**
 * Returns a text of one line in which every such character is replaced by an escape like `\u009b`. Within a JSON text, it
 * stays the same JSON.
 */
export function escapeControls(line: string): string {
  return line.replaceAll(
    UNSHOWN,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
