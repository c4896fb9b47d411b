import type { Endpoint } from "./endpoint.ts";

/** Returns a comment with the expression that makes the client of a library which reads no base URL from a variable. */
export function libraryLine(library: string, expression: string): string {
  return `# ${library}: ${expression}`;
}

/** Returns a string literal that is valid in JavaScript, Python, Go, Java and Rust. */
export function literal(text: string): string {
  return JSON.stringify(text);
}

/** Returns the client's key as an expression of JavaScript. */
export function jsKey({ keyVariable }: Pick<Endpoint, "keyVariable">): string {
  return keyVariable === undefined ? literal("placeholder") : `process.env.${keyVariable}`;
}

/** Returns the client's key as an expression of Python. */
export function pythonKey({ keyVariable }: Pick<Endpoint, "keyVariable">): string {
  return keyVariable === undefined ? literal("placeholder") : `os.environ[${literal(keyVariable)}]`;
}
