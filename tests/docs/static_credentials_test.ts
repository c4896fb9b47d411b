/**
 * The tables of docs/CREDENTIALS.md whose credentials are sent as they are, or sign: each is served under its exact flags,
 * with its hosts replaced by an upstream that shows what it got.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { signatureProblem } from "../support/aws_verifier.ts";
import type { Exchange } from "../support/exchange.ts";
import { startService } from "../support/service.ts";
import { startUpstream } from "../support/upstream.ts";
import { request } from "../support/wire.ts";
import { blocks, document } from "./markdown.ts";

const DOCUMENT = document("docs/CREDENTIALS.md");
const PLACEHOLDER = "the-agents-own-credential";

/** What a route sends: a field with its value, or a target; `SECRET` stands for its variable's value. */
type Expected = { readonly field: string; readonly value: string } | { readonly target: string } | "signed";

const AUTHORIZATION = "authorization";

/** What each route of each section sends, in the order of the document. */
const SECTIONS: Readonly<Record<string, readonly Expected[]>> = {
  "Anthropic": [{ field: "x-api-key", value: "SECRET" }],
  "OpenAI": [{ field: AUTHORIZATION, value: "Bearer SECRET" }],
  "Gemini": [{ field: "x-goog-api-key", value: "SECRET" }, { target: "/x?key=SECRET&a=b" }],
  "Amazon Bedrock": ["signed"],
  "S3": ["signed"],
  "Azure OpenAI with a key": [{ field: "api-key", value: "SECRET" }],
  "GitLab": [
    { field: "private-token", value: "SECRET" },
    { field: AUTHORIZATION, value: `Basic ${btoa("oauth2:SECRET")}` },
  ],
  "Slack": [{ field: AUTHORIZATION, value: "Bearer SECRET" }],
  "Stripe": [{ field: AUTHORIZATION, value: "Bearer SECRET" }],
  "Telegram": [{ target: "/botSECRET/x?a=b" }, { target: "/file/botSECRET/x?a=b" }],
  "Cloudflare": [{ field: AUTHORIZATION, value: "Bearer SECRET" }],
  "A container registry": [{ field: AUTHORIZATION, value: `Basic ${btoa("USER:SECRET")}` }],
};

// deno-lint-ignore no-explicit-any -- a table as it stands in the document
type Route = Record<string, any>;

/** Returns the routes of a section. */
function routesOf(section: string): Route[] {
  const text = DOCUMENT.split(/^## /m).find((each) => each.startsWith(`${section}\n`)) ?? "";
  return blocks(text, "json").flatMap((block) => JSON.parse(block).routes as Route[]);
}

Deno.test("each table of docs/CREDENTIALS.md without an issuer sends what its service expects", async (test) => {
  await using upstream = startUpstream((exchange) => exchange.respond(200, [], "ok"));
  const parts = Object.keys(SECTIONS).map((name, at) => ({
    name,
    routes: routesOf(name).map((route, number): Route => ({
      ...route,
      // All of them in one table, so each gets a path of its own.
      path: `/${at}/${number}${route.path}`,
      upstream: route.upstream.replace(/^https:\/\/[^/]+/, upstream.url),
    })),
  }));
  const all = parts.flatMap(({ routes }) => routes);
  const names = [...JSON.stringify(all).matchAll(/"\w+_env":"(\w+)"/g)].map(([, name = ""]) => name);
  await using service = await startService({
    routes: { routes: all },
    env: Object.fromEntries(names.map((name) => [name, "SECRET"])),
  });
  for (const { name, routes } of parts) {
    await test.step(name, async () => {
      const expectations = SECTIONS[name] ?? [];
      assertEquals(routes.length, expectations.length);
      for (const [at, expected] of expectations.entries()) {
        const head = [
          `GET ${routes[at]?.path}x?key=${PLACEHOLDER}&a=b HTTP/1.1`,
          "Host: proxy",
          `Authorization: Bearer ${PLACEHOLDER}`,
          `X-Api-Key: ${PLACEHOLDER}`,
          `X-Amz-Security-Token: ${PLACEHOLDER}`,
        ];
        const { status } = await request(service.port, `${head.join("\r\n")}\r\n\r\n`);
        assertEquals(status, 200, service.stderr());
        const seen = upstream.requests.at(-1)!;
        await assertSent(seen, expected);
        assert(!seen.head.includes(PLACEHOLDER), seen.head);
      }
    });
  }
});

async function assertSent(seen: Exchange, expected: Expected): Promise<void> {
  if (expected === "signed") {
    const { method, target, fields, received } = seen;
    const keys = { accessKeyId: "SECRET", secretAccessKey: "SECRET" };
    assertEquals(await signatureProblem({ method, target, fields, body: received }, keys), undefined);
  } else if ("target" in expected) {
    assertEquals(seen.target, expected.target);
    assertEquals(seen.field(AUTHORIZATION), undefined);
  } else {
    assertEquals(seen.field(expected.field), expected.value);
  }
}
