/**
 * An upstream whose certificate is also that of an authority, as `openssl req -x509` makes it.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { makeAuthority, makeSelfSigned } from "../support/authority.ts";
import { TOKEN } from "../support/fixture.ts";
import { runMain } from "../support/run_main.ts";
import { startService } from "../support/service.ts";
import { startUpstream } from "../support/upstream.ts";
import { request } from "../support/wire.ts";

const GET = "GET /a/x HTTP/1.1\r\nHost: proxy\r\n\r\n";

function tableOf(upstream: string) {
  return { routes: [{ path: "/a/", upstream, auth_scheme: "Bearer", token_env: "A_TOKEN" }] };
}

/** Runs `check` on a table with this file of authorities. */
async function check(upstream: string, ca: string): Promise<{ code: number; stderr: string }> {
  const folder = await Deno.makeTempDir();
  try {
    const [file, table] = [join(folder, "ca.pem"), join(folder, "routes.json")];
    await Deno.writeTextFile(file, ca);
    await Deno.writeTextFile(table, JSON.stringify(tableOf(upstream)));
    const { code, stderr } = await runMain(["check", table], {
      env: { A_TOKEN: TOKEN, CRED_PROXY_CA_FILE: file },
    });
    return { code, stderr };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("check, the start and a request say that a server's certificate is that of an authority", async () => {
  const tls = await makeSelfSigned("localhost");
  await using upstream = startUpstream((exchange) => exchange.respond(200), { tls });
  const wanted =
    /the certificate of localhost is that of an authority \(CA:TRUE\), .* -CA ca\.pem .*subjectAltName=DNS:localhost/;
  const checked = await check(upstream.url, tls.cert);
  assertEquals(checked.code, 0);
  assertMatch(checked.stderr, wanted);
  await using service = await startService({
    routes: tableOf(upstream.url),
    ca: tls.cert,
    env: { A_TOKEN: TOKEN, CRED_PROXY_DEBUG: "1" },
  });
  await service.logged(/^cred-proxy: CRED_PROXY_CA_FILE: the certificate of localhost/m);
  assertEquals((await request(service.port, GET)).status, 502);
  const [line] = await service.logged(/UpstreamUntrusted.*/);
  assertMatch(line, wanted);
});

Deno.test("check says so of an address too, and nothing of an ordinary authority or of another host", async () => {
  const address = await makeSelfSigned("127.0.0.1");
  assertMatch((await check("https://127.0.0.1:1", address.cert)).stderr, /subjectAltName=IP:127\.0\.0\.1/);
  assertEquals((await check("https://localhost:1", address.cert)).stderr, "");
  const authority = await makeAuthority();
  const { cert } = await authority.issue(["localhost"]);
  assertEquals((await check("https://localhost:1", authority.pem + cert)).stderr, "");
});

Deno.test({
  name: "the commands that it prints make certificates that are accepted",
  ignore: !await hasOpenssl(),
  async fn() {
    const { stderr } = await check("https://localhost:1", (await makeSelfSigned("localhost")).cert);
    const commands = /openssl req .*/.exec(stderr)?.[0] ?? "";
    assert(commands.includes(" && openssl req "), stderr);
    const folder = await Deno.makeTempDir();
    try {
      const made = await new Deno.Command("sh", { args: ["-c", commands], cwd: folder }).output();
      assert(made.success, new TextDecoder().decode(made.stderr));
      const [ca, cert, key] = await Promise.all(
        ["ca.pem", "server.pem", "server.key"].map((name) => Deno.readTextFile(join(folder, name))),
      );
      await using upstream = startUpstream((exchange) => exchange.respond(200), {
        tls: { cert: cert!, key: key! },
      });
      await using service = await startService({
        routes: tableOf(upstream.url),
        ca: ca!,
        env: { A_TOKEN: TOKEN },
      });
      assertEquals((await request(service.port, GET)).status, 200);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

/** Reports whether there is an OpenSSL that knows the commands' options, from version 3 on. */
async function hasOpenssl(): Promise<boolean> {
  try {
    const { stdout } = await new Deno.Command("openssl", { args: ["version"] }).output();
    return /^OpenSSL [3-9]/.test(new TextDecoder().decode(stdout));
  } catch {
    return false;
  }
}
