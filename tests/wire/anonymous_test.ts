/**
 * Routes that send no credential: for storage to which an API sends its clients with URLs that were signed in advance.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { TOKEN } from "../support/fixture.ts";
import { derivedFlags, runMain } from "../support/run_main.ts";
import { startService } from "../support/service.ts";
import { startUpstream } from "../support/upstream.ts";
import { request } from "../support/wire.ts";

const SIGNED = "X-Amz-Credential=AKIA%2Fx&X-Amz-Signature=0123456789abcdef&access_token=storage";

Deno.test("a URL that was signed in advance leads through its route, with its parameters and without a credential", async () => {
  await using storage = startUpstream((exchange) => exchange.respond(200, [], `blob ${TOKEN}`));
  await using api = startUpstream((exchange) =>
    exchange.respond(307, { Location: `${storage.url}/bucket/blob?${SIGNED}` })
  );
  await using service = await startService({
    routes: {
      routes: [
        { path: "/api/", upstream: api.url, auth_scheme: "Bearer", token_env: "A_TOKEN" },
        { path: "/storage/", upstream: `${storage.url}/bucket`, anonymous: true },
      ],
    },
    env: { A_TOKEN: TOKEN },
  });
  const ask = (target: string) =>
    request(
      service.port,
      `GET ${target} HTTP/1.1\r\nHost: proxy\r\nAuthorization: Bearer mine\r\nX-Api-Key: mine\r\nRange: bytes=0-9\r\n\r\n`,
    );
  const location = (await ask("/api/x")).field("location") ?? "";
  assertEquals(location, `http://proxy/storage/blob?${SIGNED}`);
  const { status, body } = await ask(location.slice("http://proxy".length));
  // The secrets of other routes are masked here too.
  assertEquals([status, body.text], [200, `blob ${"*".repeat(TOKEN.length)}`]);
  const [seen] = storage.requests;
  assertEquals([seen?.target, seen?.field("range")], [`/bucket/blob?${SIGNED}`, "bytes=0-9"]);
  assertEquals([seen?.field("authorization"), seen?.field("x-api-key")], [undefined, undefined]);
  assertEquals(api.requests[0]?.field("authorization"), `Bearer ${TOKEN}`);
  assert(!service.stderr().includes("responds with 500"), service.stderr());
});

Deno.test("check and doctor know a route without a token", async () => {
  const folder = await Deno.makeTempDir({ prefix: "cred-proxy-anonymous-" });
  try {
    const routes = { routes: [{ path: "/storage/", upstream: "http://127.0.0.1:9", anonymous: true }] };
    const env = { CRED_PROXY_ROUTES: join(folder, "routes.json") };
    await Deno.writeTextFile(env.CRED_PROXY_ROUTES, JSON.stringify(routes));
    const check = await runMain(["check", "--strict"], { env });
    assertEquals([check.code, check.stderr], [0, ""]);
    assertMatch(check.stdout, /\/storage\/ → http:\/\/127\.0\.0\.1:9, no token\n/);
    const doctor = await runMain(["doctor"], { env, flags: await derivedFlags(env, "--doctor") });
    assertMatch(doctor.stdout + doctor.stderr, /not asked: the route sends no token/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
