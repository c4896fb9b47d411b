/**
 * A client token is no secret of the table's, at the start, on a reload and when a token rotates.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { TOKEN } from "../support/fixture.ts";
import { type ServiceOptions, startService } from "../support/service.ts";
import { startUpstream } from "../support/upstream.ts";
import { request } from "../support/wire.ts";

const CLIENT = "client-1Qw2Er3Ty4Ui5Op6As7Df8";

/** Returns why a service does not start. */
async function refusal(options: ServiceOptions): Promise<string> {
  const failed = await startService(options).then(
    async (service) => {
      await service.stop();
      return "it serves";
    },
    (error: Error) => error.message,
  );
  return failed;
}

Deno.test("a client token that is a secret of the table stops the start, with a line that names its variable", async () => {
  const route = { path: "/a/", upstream: "http://127.0.0.1:9", auth_scheme: "Bearer" };
  const table = (more: object) => ({ client_token_env: "CLIENT_TOKEN", routes: [{ ...route, ...more }] });
  const cases: readonly ServiceOptions[] = [
    { routes: table({ token_env: "A_TOKEN" }), env: { A_TOKEN: CLIENT } },
    { routes: table({ token_file: "gh" }), files: { gh: `${CLIENT}\n` } },
    { routes: table({ token_env: "A_TOKEN", auth_scheme: "Basic" }), env: { A_TOKEN: `someone:${CLIENT}` } },
    {
      routes: table({ token_env: "A_TOKEN", auth_scheme: "Basic", auth_user: "u" }),
      env: { A_TOKEN: CLIENT },
    },
  ];
  for (const options of cases) {
    const text = await refusal({ ...options, env: { ...options.env, CLIENT_TOKEN: CLIENT } });
    assert(
      text.includes("cred-proxy: CLIENT_TOKEN: has a secret of the table as its token; give it another one"),
      text,
    );
    assert(!text.includes(CLIENT), text);
  }
});

Deno.test("a token that rotates to a client's is not taken, and the service goes on with the one before", async () => {
  const seen: string[] = [];
  await using upstream = startUpstream(async (exchange) => {
    seen.push(exchange.field("authorization") ?? "");
    await exchange.respond(200, [], "ok");
  });
  const route = { upstream: upstream.url, auth_scheme: "Bearer" };
  const routes = [{ ...route, path: "/a/", token_file: "gh" }];
  await using service = await startService({
    routes: { client_token_env: "CLIENT_TOKEN", routes },
    files: { gh: TOKEN },
    env: { CLIENT_TOKEN: CLIENT },
  });
  const ask = () =>
    request(service.port, `GET /a/x HTTP/1.1\r\nHost: proxy\r\nAuthorization: Bearer ${CLIENT}\r\n\r\n`);
  async function replace(name: string, text: string): Promise<void> {
    await Deno.writeTextFile(join(service.folder, `${name}.new`), text);
    await Deno.rename(join(service.folder, `${name}.new`), join(service.folder, name));
  }

  await replace("gh", CLIENT);
  await service.logged(/^cred-proxy: gh: is the token of all clients; keeping the current token$/m);
  assertEquals((await ask()).status, 200);

  // A new table whose file holds it is rejected as a whole, and none of its tokens is taken.
  await Deno.writeTextFile(join(service.folder, "other"), CLIENT);
  await replace(
    "routes.json",
    JSON.stringify({
      client_token_env: "CLIENT_TOKEN",
      routes: [...routes, { ...route, path: "/b/", token_file: "other" }],
    }),
  );
  await service.logged(
    /rejected, keeping the current one:\ncred-proxy: CLIENT_TOKEN: has a secret of the table/,
  );
  assertEquals((await ask()).status, 200);

  await replace("gh", "real-second-5Tg6Yh7Uj8Ik9Ol");
  await service.logged(/^cred-proxy: gh: new token loaded$/m);
  assertEquals((await ask()).status, 200);
  assertEquals(seen, [`Bearer ${TOKEN}`, `Bearer ${TOKEN}`, "Bearer real-second-5Tg6Yh7Uj8Ik9Ol"]);
  assert(!service.stderr().includes(CLIENT));
});
