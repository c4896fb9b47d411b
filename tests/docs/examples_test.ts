/**
 * The route tables of examples/routes: valid, and used in the documents.
 *
 * @module
 */

import { Ajv, type ValidateFunction } from "ajv";
import { assert, assertEquals } from "@std/assert";
import { parseRoutes } from "../../lib/config/route/route_table.ts";
import schema from "../../routes.schema.json" with { type: "json" };
import { valueOf } from "../support/result.ts";
import { blocks, DOCUMENTS, linkTargets, ROOT } from "./markdown.ts";

const FOLDER = new URL("examples/routes/", ROOT);

/** The text of each example, by the file's URL. */
const EXAMPLES: ReadonlyMap<string, string> = new Map(
  Array.from(Deno.readDirSync(FOLDER), ({ name }) => new URL(name, FOLDER))
    .map((url) => [url.href, Deno.readTextFileSync(url)]),
);

const matchesSchema: ValidateFunction = new Ajv({ allErrors: true }).compile(schema);

for (const [href, text] of EXAMPLES) {
  const name = href.slice(ROOT.href.length);
  Deno.test(`${name} is a valid table and names its schema`, () => {
    valueOf(parseRoutes(text));
    const table = JSON.parse(text);
    assert(matchesSchema(table), JSON.stringify(matchesSchema.errors));
    assertEquals(new URL(table.$schema, href).href, new URL("routes.schema.json", ROOT).href);
  });
}

Deno.test("each example is linked by a document", () => {
  const linked = new Set(
    [...DOCUMENTS].flatMap(([path, text]) =>
      linkTargets(text).map((target) => new URL(target, new URL(path, ROOT)).href)
    ),
  );
  assert(EXAMPLES.size > 0);
  for (const href of EXAMPLES.keys()) assert(linked.has(href), href);
});

Deno.test("an example that a document quotes is equal to its file", () => {
  const quoted = [...DOCUMENTS.values()].flatMap((text) => blocks(text, "json"))
    .filter((block) => block.includes('"$schema"'));
  assert(quoted.length > 0);
  const texts = [...EXAMPLES.values()];
  for (const block of quoted) assert(texts.includes(block), block);
});
