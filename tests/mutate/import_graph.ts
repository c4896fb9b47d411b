/**
 * Finds the tests that can notice a change of a file: those that import it, directly or through others, and those that
 * run the program that does.
 *
 * @module
 */

import ts from "typescript";

/** What a file of the checkout reaches: paths from its root. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

/** Files that start the program without importing it, as they name it in a string. */
const PROGRAM = /(?:^|\/)(?:main\.ts|bin\/cred-proxy)$/;

/** Builds the graph of the TypeScript files among some texts, by their paths. */
export function buildGraph(texts: ReadonlyMap<string, string>): ImportGraph {
  return new Map([...texts].map(([path, text]) => {
    const reached = stringsOf(path, text).flatMap((value) => {
      if (PROGRAM.test(value)) return ["main.ts"];
      if (!value.startsWith(".")) return [];
      const target = new URL(value, `file:///${path}`).pathname.slice(1);
      return texts.has(target) ? [target] : [];
    });
    return [path, [...new Set(reached)]];
  }));
}

/** All strings of a file: an import's specifier, the path of a worker, the name of the program. */
function stringsOf(path: string, text: string): string[] {
  const strings: string[] = [];
  function visit(node: ts.Node): void {
    if (ts.isStringLiteral(node)) strings.push(node.text);
    else ts.forEachChild(node, visit);
  }
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS));
  return strings;
}

/** A test that can notice a change of a file. */
export interface ReachingTest {
  readonly file: string;
  /** Whether it starts the program, or imports what does; others are quicker. */
  readonly startsProgram: boolean;
}

/** Returns the tests that reach a file: those that only import it before those that start the program, the nearest first. */
export function testsThatReach(path: string, graph: ImportGraph): ReachingTest[] {
  const importers = new Map<string, string[]>();
  for (const [from, reached] of graph) {
    for (const to of reached) importers.set(to, [...importers.get(to) ?? [], from]);
  }
  const starters = distancesTo("main.ts", importers);
  return [...distancesTo(path, importers)].filter(([file]) => file.endsWith("_test.ts"))
    .map(([file, distance]) => ({ file, distance, startsProgram: starters.has(file) }))
    .sort((a, b) =>
      Number(a.startsProgram) - Number(b.startsProgram) || a.distance - b.distance ||
      (a.file < b.file ? -1 : 1)
    );
}

/** Over how many imports each file reaches one. */
function distancesTo(path: string, importers: ReadonlyMap<string, readonly string[]>): Map<string, number> {
  const distances = new Map([[path, 0]]);
  for (const [to, distance] of distances) {
    for (const from of importers.get(to) ?? []) if (!distances.has(from)) distances.set(from, distance + 1);
  }
  return distances;
}
