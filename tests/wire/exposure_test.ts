import { assertEquals } from "@std/assert";
import { TOKEN } from "../support/fixture.ts";
import { startService } from "../support/service.ts";

const TABLE = {
  client_token_env: "CLIENT_TOKEN",
  routes: [{ path: "/a/", upstream: "http://127.0.0.1:9", auth_scheme: "Bearer", token_env: "A_TOKEN" }],
};

/** Returns how often a service that started says that everyone may use it. */
async function warnings(table: object, bind: string): Promise<number> {
  const env = { A_TOKEN: TOKEN, CLIENT_TOKEN: "client-1Qw2Er3Ty4Ui5Op", CRED_PROXY_BIND: bind };
  await using service = await startService({ routes: table, env });
  await service.stop();
  return service.stderr().split("warning: everyone who reaches").length - 1;
}

Deno.test("a service that everyone on the network may use says so once, at its start", async () => {
  assertEquals(await warnings({ routes: TABLE.routes }, "0.0.0.0"), 1);
  assertEquals(await warnings({ routes: TABLE.routes }, "127.0.0.1"), 0);
  assertEquals(await warnings(TABLE, "0.0.0.0"), 0);
});
