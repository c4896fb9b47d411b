/**
 * Variables of the runtime that would change what the service serves.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";

import { startService } from "../support/service.ts";
import { startUpstream } from "../support/upstream.ts";
import { request } from "../support/wire.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** What a user, or another service's manifest, may have set. */
const SET = {
  DENO_SERVE_ADDRESS: "duplicate,tcp:0.0.0.0:1",
  DENO_SERVE_AUTOMATIC_COMPRESSION: "1",
  DENO_TRUST_PROXY_HEADERS: "1",
  DENO_AUTO_SERVE: "1",
  DENO_COMPAT: "1",
};

Deno.test("the launcher unsets the variables of the runtime that change what is served", async () => {
  const folder = await Deno.makeTempDir();
  try {
    // A runtime that prints its variables: `env run …`.
    await Deno.writeTextFile(join(folder, "run"), "#!/bin/sh\nenv\n", { mode: 0o755 });
    const { stdout } = await new Deno.Command(join(ROOT, "bin/cred-proxy"), {
      args: ["version"],
      clearEnv: true,
      env: { ...SET, PATH: `${folder}:/usr/bin:/bin`, DENO: "/usr/bin/env", DENO_TLS_CA_STORE: "system" },
    }).output();
    const names = [...new TextDecoder().decode(stdout).matchAll(/^(DENO_\w+)=/gm)].map(([, name]) => name);
    assertEquals(names.toSorted(), ["DENO_NO_UPDATE_CHECK", "DENO_TLS_CA_STORE", "DENO_USE_WRITEV"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the runtime does not compress responses, whatever its variables say", async () => {
  const text = "compressible ".repeat(500);
  await using upstream = startUpstream((exchange) =>
    exchange.respond(200, { "Content-Type": "text/plain" }, text)
  );
  const routes = [{ path: "/a/", upstream: upstream.url, auth_scheme: "Bearer", token_env: "A_TOKEN" }];
  await using service = await startService({
    routes: { routes },
    env: { A_TOKEN: "real-Wq7Zt2LmK9xB4vNc", DENO_SERVE_AUTOMATIC_COMPRESSION: "1" },
  });
  const response = await request(
    service.port,
    "GET /a/x HTTP/1.1\r\nHost: proxy\r\nAccept-Encoding: gzip, br\r\n\r\n",
  );
  assertEquals([response.field("content-encoding"), response.body.text], [undefined, text]);
});
