/**
 * Requests that a route does not allow never reach the upstream, however they are spelled on the wire.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { useFixture } from "../support/fixture.ts";

const fixture = useFixture({
  routes: (upstream) => [{ path: "/a/", upstream, methods: ["GET"], paths: ["user", "repos/*/issues"] }],
});

async function statusOf(line: string, fields = ""): Promise<[number, string | undefined, boolean]> {
  const { response, seen } = await fixture.ask(`${line} HTTP/1.1\r\nHost: proxy\r\n${fields}\r\n`);
  return [response.status, response.field("cred-proxy-error"), seen !== undefined];
}

Deno.test("an allowed request passes with its target unchanged", async () => {
  const { seen } = await fixture.ask("GET /a/repos/x%20y/issues?z HTTP/1.1\r\nHost: proxy\r\n\r\n");
  assertEquals(seen?.target, "/repos/x%20y/issues?z");
});

Deno.test("a request that the route does not allow gets 403, and the upstream receives nothing", async () => {
  const targets = [
    ..."/a/ /a /a/User /a/users /a/user/ /a/%75ser /a//user /a/user%2f /a/user%00 /a/user; /a/user%3b".split(
      " ",
    ),
    ..."/a/repos/x%2Fissues /a/repos//issues /a/repos/x/issues/ /a/repos/x;/issues /a/repos/%c0%af/issues"
      .split(" "),
  ];
  for (const target of targets) {
    assertEquals(await statusOf(`GET ${target}`), [403, "not_allowed", false], target);
  }
  for (const method of ["POST", "HEAD", "DELETE", "get", "PROPFIND", "OPTIONS"]) {
    const [status, , sent] = await statusOf(`${method} /a/user`);
    assertEquals([status, sent], [403, false], method);
  }
  assertEquals(await statusOf("GET /a/user", "X-HTTP-Method-Override: DELETE\r\n"), [
    403,
    "not_allowed",
    false,
  ]);
  assertEquals(await statusOf("GET /a/user", "X-Original-URL: /admin\r\n"), [403, "not_allowed", false]);
});

Deno.test("the refusal is permanent and says what is not allowed", async () => {
  const { response } = await fixture.ask("GET /a/secrets HTTP/1.1\r\nHost: proxy\r\n\r\n");
  assertEquals(response.field("x-should-retry"), "false");
  assertEquals(JSON.parse(response.body.text).error, {
    type: "cred_proxy_not_allowed",
    message: 'This route does not allow "/a/secrets"',
  });
});
