/**
 * What the demo prints, and which promises it found kept.
 *
 * @module
 */

const WIDTH = 80;
const INDENT = "   ";

/** Plain text for a terminal of 80 columns; coloured only where somebody looks at it and has not said no. */
export class Page {
  readonly #coloured = Deno.stdout.isTerminal() && !Deno.noColor;
  readonly #secret: string;
  readonly #broken: string[] = [];
  #sections = 0;
  #checks = 0;

  /** @param secret Never printed: its first characters stand for it. */
  constructor(secret: string) {
    this.#secret = secret;
  }

  /** What was promised and is not so. */
  get broken(): readonly string[] {
    return this.#broken;
  }

  /** How many promises were looked at. */
  get checks(): number {
    return this.#checks;
  }

  text(text: string): void {
    this.#print(wrap(text, WIDTH).join("\n"));
  }

  section(title: string): void {
    this.#print(`\n${this.#paint("1", `${++this.#sections}. ${title}`)}`);
  }

  /** Lines, a little to the right. */
  show(text: string): void {
    this.#print(wrap(text, WIDTH - INDENT.length).map((line) => `${INDENT}${line}`.trimEnd()).join("\n"));
  }

  /** Says whether something is as promised. */
  check(promise: string, kept: boolean): void {
    this.#checks++;
    if (!kept) this.#broken.push(promise);
    this.#print(`${INDENT}${kept ? this.#paint("32", "ok ") : this.#paint("31", "NOT SO:")} ${promise}`);
  }

  #print(text: string): void {
    console.log(text.replaceAll(this.#secret, `${this.#secret.slice(0, 4)}…(masked)`));
  }

  /** @param style A number of ECMA-48, section 8.3.117 (SGR). */
  #paint(style: string, text: string): string {
    return this.#coloured ? `\x1b[${style}m${text}\x1b[0m` : text;
  }
}

/** The lines of a text; a longer one goes on in the next, broken behind a space or a comma. */
function wrap(text: string, width: number): string[] {
  return text.split("\n").flatMap((line) => {
    const parts: string[] = [];
    while (line.length > width) {
      const end = Math.max(line.lastIndexOf(" ", width - 1), line.lastIndexOf(",", width - 1)) + 1;
      const at = end > width / 2 ? end : width;
      parts.push(line.slice(0, at));
      line = `  ${line.slice(at)}`;
    }
    return [...parts, line];
  });
}
