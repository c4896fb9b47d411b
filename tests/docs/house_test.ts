/**
 * The rooms of the house: who may import whom, how many parameters a function may take, and no package in the service.
 *
 * Each rule is a function from sources to problems, so that one test shows that the source keeps it, and another that
 * it finds what breaks it.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { parseSource, readSources, type Source } from "../support/source.ts";

const ROOT = new URL("../../", import.meta.url);

const SOURCES = await readSources(ROOT, ["main.ts", "lib", "bin", "demo", "bench", "tests"]);

/** From the top to the bottom: each may import what stands below it and itself. Rooms on one line are apart. */
const ROOMS: readonly (readonly string[])[] = [
  ["main.ts"],
  ["lib/commands"],
  ["lib/sandbox"],
  ["lib/server"],
  ["lib/admin"],
  ["lib/metrics"],
  ["lib/proxy"],
  ["lib/clients"],
  ["lib/credentials"],
  ["lib/tokens"],
  ["lib/mask"],
  ["lib/coding"],
  ["lib/upstream"],
  ["lib/log"],
  ["lib/permissions"],
  ["lib/providers"],
  ["lib/config/load"],
  ["lib/config/route", "lib/config/settings"],
  ["lib/config/reader"],
  ["lib/http"],
  ["lib/core"],
];

/** What each part outside of the service may import, besides itself. The service may import none of them. */
const OUTSIDE: Readonly<Record<string, readonly string[]>> = {
  tests: ["main.ts", "lib"],
  demo: ["main.ts", "lib", "tests/support"],
  bench: ["main.ts", "lib", "tests/support"],
};

/** The built-in modules that the service needs, by the room that imports them. */
const BUILT_INS: Readonly<Record<string, readonly string[]>> = {
  "lib/coding": ["node:stream", "node:zlib"],
  "lib/credentials": ["node:crypto"],
};

const MOST_PARAMETERS = 3;

/** A relative import: both paths from the root. */
interface Edge {
  readonly from: string;
  readonly to: string;
}

function edgesOf(sources: readonly Source[]): Edge[] {
  return sources.flatMap(({ path, imports }) =>
    imports.filter((specifier) => specifier.startsWith(".")).map((specifier) => ({
      from: path,
      to: new URL(specifier, `file:///${path}`).pathname.slice(1),
    }))
  );
}

function isIn(path: string, room: string): boolean {
  return path === room || path.startsWith(`${room}/`);
}

/** Where a file stands; a file of the service that stands nowhere is a problem of its own. */
function roomOf(path: string): { readonly level: number; readonly room: string } | undefined {
  for (const [level, rooms] of ROOMS.entries()) {
    const room = rooms.find((each) => isIn(path, each));
    if (room !== undefined) return { level, room };
  }
  return undefined;
}

function isService(path: string): boolean {
  return path === "main.ts" || isIn(path, "lib");
}

function findHomeless(sources: readonly Source[]): string[] {
  return sources.map(({ path }) => path).filter((path) => isService(path) && roomOf(path) === undefined);
}

function findUpward(sources: readonly Source[]): string[] {
  return edgesOf(sources).filter(({ from, to }) => {
    const [importer, imported] = [roomOf(from), roomOf(to)];
    if (importer === undefined || imported === undefined) return false;
    return importer.level > imported.level ||
      (importer.level === imported.level && importer.room !== imported.room);
  }).map(({ from, to }) => `${from} imports ${to}`);
}

function findOutward(sources: readonly Source[]): string[] {
  return edgesOf(sources).filter(({ from, to }) => {
    if (isService(from)) return !isService(to) && to !== "deno.json";
    if (to.endsWith(".json")) return false;
    const part = Object.keys(OUTSIDE).find((each) => isIn(from, each)) ?? from;
    return ![part, ...OUTSIDE[part] ?? []].some((each) => isIn(to, each));
  }).map(({ from, to }) => `${from} imports ${to}`);
}

/**
 * Returns the shortest circle through each file, without those that share a file with one before. Imports of types
 * count, since a reader follows them just the same.
 */
function findCircles(sources: readonly Source[]): string[] {
  const next = Map.groupBy(edgesOf(sources), ({ from }) => from);
  const reported = new Set<string>();
  return sources.flatMap(({ path }) => {
    const circle = circleThrough(path, next);
    if (circle === undefined || circle.some((each) => reported.has(each))) return [];
    for (const each of circle) reported.add(each);
    return [circle.join(" imports ")];
  });
}

function circleThrough(start: string, next: ReadonlyMap<string, readonly Edge[]>): string[] | undefined {
  const ways = new Map([[start, [start]]]);
  for (const [path, way] of ways) {
    for (const { to } of next.get(path) ?? []) {
      if (to === start) return [...way, to];
      if (!ways.has(to)) ways.set(to, [...way, to]);
    }
  }
  return undefined;
}

/** What `main.ts` reaches must be in the checkout or in the runtime: the service starts without a network. */
function findPackages(sources: readonly Source[]): string[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const next = Map.groupBy(edgesOf(sources), ({ from }) => from);
  const reached = new Set(["main.ts"]);
  for (const path of reached) for (const { to } of next.get(path) ?? []) reached.add(to);
  return [...reached].flatMap((path) =>
    (byPath.get(path)?.imports ?? [])
      .filter((specifier) => !specifier.startsWith(".") && !isBuiltIn(path, specifier))
      .map((specifier) => `${path} imports ${specifier}`)
  );
}

function isBuiltIn(path: string, specifier: string): boolean {
  return Object.entries(BUILT_INS).some(([room, names]) => isIn(path, room) && names.includes(specifier));
}

function findLongSignatures(sources: readonly Source[]): string[] {
  return sources.filter(({ path }) => isService(path)).flatMap(({ path, signatures }) =>
    signatures.filter(({ parameters }) => parameters > MOST_PARAMETERS)
      .map(({ line, parameters }) => `${path}:${line} takes ${parameters}`)
  );
}

Deno.test("each file of lib is in a room of the house", () => {
  assert(SOURCES.length > 200, "The sources were not found");
  assertEquals(findHomeless(SOURCES), []);
});

Deno.test("imports in lib run downward from room to room", () => {
  assertEquals(findUpward(SOURCES), []);
});

Deno.test("lib imports nothing from tests, demo or bench; tests import nothing from demo or bench", () => {
  assertEquals(findOutward(SOURCES), []);
});

Deno.test("no two files import each other, directly or through others", () => {
  assertEquals(findCircles(SOURCES), []);
});

Deno.test("main.ts reaches no package and no remote module", () => {
  assertEquals(findPackages(SOURCES), []);
});

Deno.test("random cases come from the one seed", () => {
  const own = SOURCES.filter(({ imports }) => imports.includes("fast-check")).map(({ path }) => path);
  assertEquals(own, ["tests/support/property.ts"]);
});

Deno.test("no function in lib takes more than three positional parameters", () => {
  assertEquals(findLongSignatures(SOURCES), []);
});

/** Sources made up for a test, by their paths. */
function made(files: Readonly<Record<string, string>>): Source[] {
  return Object.entries(files).map(([path, text]) => parseSource(path, text));
}

Deno.test("the rules on rooms find an upward import, a room beside, a missing room, and a way out", () => {
  const sources = made({
    "lib/core/a.ts": `import type { B } from "../http/b.ts";`,
    "lib/http/b.ts": `export { c } from "../config/route/c.ts";`,
    "lib/config/route/c.ts":
      `await import("../settings/d.ts"); import "../reader/e.ts"; import "../../core/a.ts";`,
    "lib/config/settings/d.ts": `export * from "../../../tests/support/f.ts";`,
    "lib/cellar/g.ts": "",
    "tests/support/f.ts": `let bench: import("../../bench/h.ts").H; import "../../lib/core/a.ts";`,
    "bench/h.ts": `import "../tests/support/f.ts"; import "../tests/wire/i.ts"; import "../demo/j.ts";`,
  });
  assertEquals(findHomeless(sources), ["lib/cellar/g.ts"]);
  assertEquals(findUpward(sources), [
    "lib/core/a.ts imports lib/http/b.ts",
    "lib/http/b.ts imports lib/config/route/c.ts",
    "lib/config/route/c.ts imports lib/config/settings/d.ts",
  ]);
  assertEquals(findOutward(sources), [
    "lib/config/settings/d.ts imports tests/support/f.ts",
    "tests/support/f.ts imports bench/h.ts",
    "bench/h.ts imports tests/wire/i.ts",
    "bench/h.ts imports demo/j.ts",
  ]);
});

Deno.test("the rule on circles finds a pair and a circle through others, of types too", () => {
  const sources = made({
    "lib/core/a.ts": `import { b } from "./b.ts"; import "./d.ts";`,
    "lib/core/b.ts": `import type { C } from "./c.ts";`,
    "lib/core/c.ts": `import { a } from "./a.ts"; import "./d.ts";`,
    "lib/core/d.ts": `import "./e.ts";`,
    "lib/core/e.ts": `import type { D } from "./d.ts";`,
    "lib/core/f.ts": `import "./a.ts";`,
  });
  assertEquals(findCircles(sources), [
    "lib/core/a.ts imports lib/core/b.ts imports lib/core/c.ts imports lib/core/a.ts",
    "lib/core/d.ts imports lib/core/e.ts imports lib/core/d.ts",
  ]);
});

Deno.test("the rule on packages finds each kind of specifier in what main.ts reaches, and only there", () => {
  const specifiers = ["npm:a", "jsr:@b/b", "@std/assert", "https://d.test/d.ts", "node:fs"];
  const sources = made({
    "main.ts": `import { a } from "./lib/core/a.ts"; import config from "./deno.json" with { type: "json" };`,
    "lib/core/a.ts": [...specifiers.map((each) => `import "${each}";`), "await import(name);"].join("\n"),
    "tests/unit/b_test.ts": `import "npm:b";`,
  });
  assertEquals(
    findPackages(sources),
    [...specifiers, "(computed)"].map((each) => `lib/core/a.ts imports ${each}`),
  );
});

Deno.test("the rule on parameters counts those of functions, methods, constructors and types, but not this", () => {
  const lines = [
    "function a(b: 1, c: 1, d: 1, e: 1) {}",
    "const f = (g: 1, h: 1, i: 1, ...j: 1[]) => {};",
    "class K { constructor(l: 1, m: 1, n: 1, o: 1) {}",
    "#p(q: 1, r = 1, { s }: T, t?: 1) {}",
    "u(this: K, v: 1, w: 1, x: 1) {} }",
    "interface Y { z(a: 1, b: 1, c: 1, d: 1): void;",
    "e: (f: 1, g: 1, h: 1, i: 1) => void }",
    "declare function j(k: 1, l: 1, m: 1, n: 1): void;",
    "function fine({ o, p, q, r, s }: T) {}",
  ];
  const sources = made({ "lib/core/a.ts": lines.join("\n"), "tests/support/a.ts": lines.join("\n") });
  assertEquals(
    findLongSignatures(sources),
    [1, 2, 3, 4, 6, 7, 8].map((line) => `lib/core/a.ts:${line} takes 4`),
  );
});
