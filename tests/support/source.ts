/**
 * What the source files of the project import and declare, read by the runtime's own parser: `Deno.lint`, which exists
 * in `deno test` only.
 *
 * @module
 */

/** One source file. */
export interface Source {
  /** Relative to the root of the project, such as `lib/http/host.ts`. */
  readonly path: string;
  /** Specifiers as written, of imports of values and of types, re-exports, and dynamic imports. */
  readonly imports: readonly string[];
  /** All functions, methods, constructors, and their types, as declared. */
  readonly signatures: readonly Signature[];
}

/** A function as declared. */
export interface Signature {
  /** The line it begins on, from 1. */
  readonly line: number;
  /** Positional parameters, without `this`. */
  readonly parameters: number;
}

/** Parses one file. */
export function parseSource(path: string, text: string): Source {
  const imports: string[] = [];
  const signatures: Signature[] = [];

  function addImport(source: unknown): void {
    if (typeof source === "string") imports.push(source);
  }
  function addSignature(node: { range: Deno.lint.Range; params: readonly unknown[] }): void {
    const parameters = node.params.filter((each) => (each as { name?: unknown }).name !== "this").length;
    signatures.push({ line: text.slice(0, node.range[0]).split("\n").length, parameters });
  }

  const visitor = {
    ImportDeclaration: (node) => addImport(node.source.value),
    ExportNamedDeclaration: (node) => addImport(node.source?.value),
    ExportAllDeclaration: (node) => addImport(node.source.value),
    ImportExpression(node) {
      // A computed specifier can't be checked, so it is kept as something that no rule allows.
      addImport(node.source.type === "Literal" ? node.source.value : "(computed)");
    },
    TSImportType: ({ argument }) => addImport(argument.type === "TSLiteralType" && valueOf(argument.literal)),
    ArrowFunctionExpression: addSignature,
    FunctionDeclaration: addSignature,
    FunctionExpression: addSignature,
    TSDeclareFunction: addSignature,
    TSEmptyBodyFunctionExpression: addSignature,
    TSFunctionType: addSignature,
    TSMethodSignature: addSignature,
  } as Deno.lint.LintVisitor;
  Deno.lint.runPlugin({ name: "source", rules: { read: { create: () => visitor } } }, path, text);
  return { path, imports, signatures };
}

function valueOf(literal: object): unknown {
  return "value" in literal ? literal.value : undefined;
}

/** Parses all `.ts` files below some folders of the root, and single files of it, in the order of their paths. */
export async function readSources(root: URL, names: readonly string[]): Promise<Source[]> {
  const paths = (await Promise.all(names.map((name) => listFiles(root, name)))).flat().sort();
  return await Promise.all(
    paths.map(async (path) => parseSource(path, await Deno.readTextFile(new URL(path, root)))),
  );
}

async function listFiles(root: URL, name: string): Promise<string[]> {
  if (name.endsWith(".ts")) return [name];
  const paths: string[] = [];
  for await (const entry of Deno.readDir(new URL(name, root))) {
    const path = `${name}/${entry.name}`;
    if (entry.isDirectory) paths.push(...await listFiles(root, path));
    else if (path.endsWith(".ts")) paths.push(path);
  }
  return paths;
}
