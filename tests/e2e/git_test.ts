/**
 * Real git through the service, against `git http-backend` over TLS that requires the credential.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { join } from "@std/path";
import { type Forge, openForge } from "../support/forge.ts";
import { type Service, startService } from "../support/service.ts";
import type { Upstream } from "../support/upstream.ts";

const TOKEN = "real-hJ2Tq8vXbN5zR1wK";
/** The client's placeholder for a credential; it must never reach the upstream. */
const SENTINEL = "sentinel-Yc7Ld3Gf9PmA4sEu";
const FORGE = "https://forge.test/";

const KINDS = [
  {
    scheme: "Basic",
    token: `x-access-token:${TOKEN}`,
    authorization: `Basic ${btoa(`x-access-token:${TOKEN}`)}`,
  },
  { scheme: "token", token: TOKEN, authorization: `token ${TOKEN}` },
];

for (const { scheme, token, authorization } of KINDS) {
  Deno.test(`git clones, fetches and pushes megabytes through a route with scheme "${scheme}"`, async () => {
    await using forge = await openForge(authorization);
    await using service = await startServiceFor(forge, scheme, token);
    await forge.git("config", "--global", `url.${service.url}/git/.insteadOf`, FORGE);
    for (const field of ["Authorization: Bearer", "X-Api-Key:", "Cookie: session="]) {
      await forge.git("config", "--global", "--add", "http.extraHeader", `${field} ${SENTINEL}`);
    }

    await forge.git("clone", "--quiet", `${FORGE}project.git`, forge.work);
    assertEquals(await Deno.readTextFile(join(forge.work, "README")), "one\n");

    const added = await forge.commit(forge.seed, "README", "one\ntwo\n");
    await forge.git("-C", forge.seed, "push", "--quiet", forge.bare, "HEAD:main");
    await forge.git("-C", forge.work, "fetch", "--quiet");
    assertEquals(await forge.git("-C", forge.work, "rev-parse", "origin/main"), added);
    await forge.git("-C", forge.work, "reset", "--quiet", "--hard", "origin/main");

    const pushed = await forge.commit(forge.work, "large", randomBytes(6 * 1024 * 1024));
    await forge.git("-C", forge.work, "push", "--quiet", "origin", "HEAD:main");
    assertEquals(await forge.git("-C", forge.bare, "rev-parse", "main"), pushed);
    await forge.git("-C", forge.bare, "fsck", "--full", "--strict");
    assertEquals(
      await forge.git("-C", forge.bare, "rev-parse", "main:large"),
      await forge.git("-C", forge.work, "hash-object", "large"),
    );

    const pack = forge.upstream.requests.findLast((each) => each.target === "/project.git/git-receive-pack");
    assertEquals([pack?.method, pack?.field("transfer-encoding")], ["POST", "chunked"]);
    assertRealCredential(forge.upstream, authorization);
  });
}

Deno.test("git's own Authorization does not reach the upstream, which would refuse it", async () => {
  const authorization = `Bearer ${TOKEN}`;
  await using forge = await openForge(authorization);
  await using service = await startServiceFor(forge, "Bearer", TOKEN);
  const listing = ["ls-remote", "--quiet", `${FORGE}project.git`, "refs/heads/main"];
  const bogus = ["-c", `http.extraHeader=Authorization: Bearer ${SENTINEL}`, ...listing];
  const main = await forge.git("-C", forge.bare, "rev-parse", "main");

  await forge.git("config", "--global", `url.${service.url}/git/.insteadOf`, FORGE);
  assertEquals(await forge.git(...bogus), `${main}\trefs/heads/main`);
  assertRealCredential(forge.upstream, authorization);

  await forge.git("config", "--global", "--remove-section", `url.${service.url}/git/`);
  await forge.git("config", "--global", `url.${forge.upstream.url}/.insteadOf`, FORGE);
  const refused = await forge.tryGit(...bogus);
  assertNotEquals(refused.code, 0);
  assertMatch(refused.stderr, /could not read Username|Authentication failed/);
  const real = await forge.git("-c", `http.extraHeader=Authorization: ${authorization}`, ...listing);
  assertEquals(real, `${main}\trefs/heads/main`);
});

Deno.test("git shows the upstream's own refusal of a wrong token", async () => {
  await using forge = await openForge(`token ${TOKEN}`);
  await using service = await startServiceFor(forge, "token", "revoked");
  const refused = await forge.tryGit("ls-remote", `${service.url}/git/project.git`);
  assertNotEquals(refused.code, 0);
  assertMatch(refused.stderr, /could not read Username|Authentication failed/);
});

/** Starts a service with the route `/git/` to a forge. */
function startServiceFor(forge: Forge, scheme: string, token: string): Promise<Service> {
  const route = {
    path: "/git/",
    upstream: forge.upstream.url,
    auth_scheme: scheme,
    token_env: "FORGE_TOKEN",
  };
  return startService({ routes: { routes: [route] }, env: { FORGE_TOKEN: token }, ca: forge.ca });
}

/** Asserts that every request had the real credential and nothing of the client's. */
function assertRealCredential(upstream: Upstream, authorization: string): void {
  assert(upstream.requests.length > 0);
  for (const each of upstream.requests) {
    assertEquals(each.field("authorization"), authorization);
    assert(!each.head.includes(SENTINEL), each.head);
  }
}

function randomBytes(count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  // One call fills 64 KiB at most.
  for (let at = 0; at < count; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

Deno.test("git clones through a route that only reads, and is told that it may not push", async () => {
  const authorization = `token ${TOKEN}`;
  await using forge = await openForge(authorization);
  await using service = await startService({
    routes: {
      routes: [{
        path: "/git/",
        upstream: forge.upstream.url,
        auth_scheme: "token",
        token_env: "FORGE_TOKEN",
        methods: ["GET", "POST"],
        paths: ["**/info/refs?service=git-upload-pack", "**/git-upload-pack"],
      }],
    },
    env: { FORGE_TOKEN: TOKEN },
    ca: forge.ca,
  });
  await forge.git("clone", "--quiet", `${service.url}/git/project.git`, forge.work);
  assertEquals(await Deno.readTextFile(join(forge.work, "README")), "one\n");
  await forge.commit(forge.work, "README", "two\n");
  const refused = await forge.tryGit("-C", forge.work, "push", "--quiet", "origin", "HEAD:main");
  assertNotEquals(refused.code, 0);
  assertMatch(refused.stderr, /error: 403/);
  assert(forge.upstream.requests.every((each) => !each.target.includes("receive")));
});
