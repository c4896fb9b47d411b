const WIDTH = 80;
const INDENT = "   ";

/** Prints the demo for a terminal of 80 columns, and counts its checks. Colours are for terminals without `NO_COLOR`. */
export class Report {
  readonly #coloured = Deno.stdout.isTerminal() && !Deno.noColor;
  readonly #secret: string;
  readonly #failures: string[] = [];
  #sections = 0;
  #checks = 0;

  /** @param secret Never printed: its first characters stand for it. */
  constructor(secret: string) {
    this.#secret = secret;
  }

  /** The checks that failed. */
  get failures(): readonly string[] {
    return this.#failures;
  }

  /** The number of checks so far. */
  get checks(): number {
    return this.#checks;
  }

  /** Whether people watch, so that a picture says more than a sentence. */
  get isTerminal(): boolean {
    return Deno.stdout.isTerminal();
  }

  /** Prints lines as they are. */
  picture(text: string): void {
    this.#print(this.#style("36", text));
  }

  /** Prints and records what was tried, what came of it, and whether that is as promised. */
  attempt(what: string, outcome: string, kept: boolean): void {
    this.check(`${`${what} `.padEnd(46, ".")} ${outcome}`, kept);
  }

  /** Prints a paragraph. */
  text(text: string): void {
    this.#print(wrap(text, WIDTH).join("\n"));
  }

  /** Prints a numbered title. */
  section(title: string): void {
    this.#print(`\n${this.#style("1", `${++this.#sections}. ${title}`)}`);
  }

  /** Prints indented lines. */
  show(text: string): void {
    this.#print(wrap(text, WIDTH - INDENT.length).map((line) => `${INDENT}${line}`.trimEnd()).join("\n"));
  }

  /** Prints and records whether something is as promised. */
  check(promise: string, kept: boolean): void {
    this.#checks++;
    if (!kept) this.#failures.push(promise);
    this.#print(`${INDENT}${kept ? this.#style("32", "ok ") : this.#style("31", "FAILED:")} ${promise}`);
  }

  #print(text: string): void {
    console.log(text.replaceAll(this.#secret, `${this.#secret.slice(0, 4)}…(masked)`));
  }

  /** @param code A parameter of SGR: ECMA-48, section 8.3.117. */
  #style(code: string, text: string): string {
    return this.#coloured ? `\x1b[${code}m${text}\x1b[0m` : text;
  }
}

/** Breaks lines that are too long after a space or a comma, and indents their continuations. */
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

/** Prints whether all promises were kept. @returns The exit status. */
export function conclude(report: Report, milliseconds: number): number {
  if (report.failures.length === 0) {
    report.text(`\nAll ${report.checks} promises kept, in ${(milliseconds / 1000).toFixed(1)} s.`);
    return 0;
  }
  report.text(`\nPromises broken:\n${report.failures.map((promise) => `  ${promise}`).join("\n")}`);
  return 1;
}
