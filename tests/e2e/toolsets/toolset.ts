/**
 * Libraries and programs of one language, which several cases share, and how they are installed.
 *
 * @module
 */

import { fromFileUrl, join } from "@std/path";

/** What is installed in one folder. */
export interface Toolset {
  /** The folder's name. */
  readonly name: string;
  /** The command without which it can't be installed. */
  readonly needs: string;
  /** Its files by path: what the package manager reads, and programs that are compiled. */
  readonly files: Readonly<Record<string, string>>;
  /** The shell script that installs and compiles, in the folder. Commands go to `bin` or `node_modules/.bin`. */
  readonly script: string;
}

/** Returns a toolset of packages for Node. */
export function nodeToolset(name: string, dependencies: Readonly<Record<string, string>>): Toolset {
  return {
    name,
    needs: "npm",
    files: { "package.json": JSON.stringify({ private: true, dependencies }, null, 2) },
    script: "npm install --no-audit --no-fund --no-package-lock",
  };
}

/** Reads the programs of one language from `programs`, by their paths. */
export async function readPrograms(
  language: string,
  extension: RegExp,
): Promise<Readonly<Record<string, string>>> {
  const root = fromFileUrl(new URL(`../programs/${language}`, import.meta.url));
  const files: Record<string, string> = {};
  for (const path of await filesBelow(root)) {
    if (extension.test(path)) files[path.slice(root.length + 1)] = await Deno.readTextFile(path);
  }
  return files;
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    found.push(...isDirectory ? await filesBelow(path) : [path]);
  }
  return found.toSorted();
}
