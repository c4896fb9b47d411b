/**
 * Reads parts of the documents.
 *
 * @module
 */

/** The repository's root. */
export const ROOT = new URL("../../", import.meta.url);

/** Every document, by its path from the root. */
export const DOCUMENTS: ReadonlyMap<string, string> = new Map(
  [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    ...Array.from(Deno.readDirSync(new URL("docs/", ROOT)), ({ name }) => `docs/${name}`)
      .filter((path) => path.endsWith(".md")).toSorted(),
  ].map((path) => [path, Deno.readTextFileSync(new URL(path, ROOT))]),
);

/** The text of one document. */
export function document(path: string): string {
  const text = DOCUMENTS.get(path);
  if (text === undefined) throw new Error(`No document ${path}`);
  return text;
}

/** The fenced blocks of one language; "" selects those without a language. */
export function blocks(text: string, language: string): string[] {
  return [...text.matchAll(/^```(\S*)\n(.*?)^```$/gms)]
    .filter(([, name]) => name === language).map(([, , block]) => block ?? "");
}

/** What the links of a text point at, without the part after `#`. */
export function linkTargets(text: string): string[] {
  return [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)\s]*)?\)/g)].map(([, target]) => target ?? "");
}
