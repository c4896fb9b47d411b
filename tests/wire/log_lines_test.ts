/**
 * The log's lines, on a service that runs under its exact flags: text from a stranger stays text.
 *
 * @module
 */

import { assertEquals, assertMatch } from "@std/assert";
import { TOKEN } from "../support/fixture.ts";
import { startService } from "../support/service.ts";
import { startUpstream } from "../support/upstream.ts";
import { request } from "../support/wire.ts";

// deno-lint-ignore no-control-regex -- these are what is looked for
const CONTROLS = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202e]/;

Deno.test("a control byte that a client or an upstream chose is escaped in every log line", async () => {
  await using upstream = startUpstream(async (exchange) => {
    // No status line: its text is quoted in the cause.
    await exchange.write("HTTP/1.1 2\x9b0\x85 \x9d0;title\x07\r\n\r\n");
    exchange.close();
  });
  const route = { path: "/a/", upstream: upstream.url, auth_scheme: "Bearer", token_env: "A_TOKEN" };
  for (const env of [{ CRED_PROXY_LOG: "json" }, { CRED_PROXY_DEBUG: "1" }]) {
    await using service = await startService({
      routes: { routes: [route] },
      env: { A_TOKEN: TOKEN, ...env },
    });
    const id = "\x9b31mred\x9b0m\x85next line\xe2\x80\xae\xc2\x9b";
    const head =
      `GET /a/x HTTP/1.1\r\nHost: proxy\r\nX-Request-Id: ${id}\r\nX-Claude-Code-Session-Id: \x90q\x9c\r\n\r\n`;
    assertEquals(
      (await request(service.port, Uint8Array.from(head, (byte) => byte.charCodeAt(0)))).status,
      502,
    );
    if ("CRED_PROXY_LOG" in env) {
      const [line] = await service.printed(/^\{.*\}$/m);
      const { client_request_id, session_id } = JSON.parse(line);
      assertEquals([client_request_id, session_id], [id, "\x90q\x9c"]);
      assertMatch(line, /\\u009b31mred\\u009b0m\\u0085next/);
    }
    await service.logged(/failed: |502 upstream_reply_refused/);
    assertEquals(CONTROLS.exec(service.stdout() + service.stderr()), null);
  }
});
