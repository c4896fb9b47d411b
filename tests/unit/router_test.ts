/**
 * A live route table: who is asked who they are, which routes a client gets, and what is masked.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import { Refusal } from "../../lib/http/refusal.ts";
import { EXCHANGE } from "../../lib/proxy/late_exchange.ts";
import type { Router } from "../../lib/proxy/router.ts";
import { TokenFiles } from "../../lib/tokens/token_files.ts";
import { valueOf } from "../support/result.ts";
import { routerOf } from "../support/router.ts";

const ENV = {
  A_TOKEN: "a-token-0123456789",
  OWN_TOKEN: "own-token-0123456789",
  CLIENT_TOKEN: "client-token-0123456789",
  OTHER_TOKEN: "other-client-token-0123456789",
};

function route(path: string, fields: object = {}): object {
  return { path, upstream: "http://127.0.0.1:9", auth_scheme: "Bearer", token_env: "A_TOKEN", ...fields };
}

function client(name: string, routes: unknown = "*"): object {
  return { name, token_env: "CLIENT_TOKEN", routes };
}

const FIELDS = new Headers({ authorization: `Bearer ${ENV.CLIENT_TOKEN}` });

/** What of a text the router's mask lets pass. */
function masked(router: Router, text: string): string | undefined {
  return router.mask.current?.maskText(text);
}

Deno.test.beforeAll(async () => void await EXCHANGE.load());

Deno.test("a router serves everyone, those with the one token, or the clients that it lists", async () => {
  const cases: [table: object, isClosed: boolean, name: string | undefined][] = [
    [{ routes: [route("/a/")] }, false, undefined],
    [{ client_token_env: "CLIENT_TOKEN", routes: [route("/a/")] }, true, undefined],
    [{ clients: [client("one")], routes: [route("/a/")] }, true, "one"],
  ];
  for (const [table, isClosed, name] of cases) {
    const router = await routerOf(table, ENV);
    assertEquals((await router.authenticate(FIELDS))?.client.config.name, name);
    assertEquals([router.isClosed, router.client("one") !== undefined], [isClosed, name !== undefined]);
    if (isClosed) assertThrows(() => router.authenticate(new Headers()), Refusal);
    else assertEquals(router.authenticate(new Headers()), undefined);
  }
});

Deno.test("a router suggests a route for a path that has none, but not where it lists clients", async () => {
  const open = await routerOf({ routes: [route("/anthropic/")] }, ENV);
  const listed = await routerOf({ clients: [client("one")], routes: [route("/anthropic/")] }, ENV);
  for (let count = 0; count < 2; count++) {
    assertEquals(await open.suggest("/antropic/x"), "; did you mean /anthropic/x?");
    assertEquals(await listed.suggest("/antropic/x"), "");
  }
});

Deno.test("a router masks the tokens of its routes and of its clients, in the responses of each route", async () => {
  const table = {
    clients: [client("one", { "/a/": { token_env: "OWN_TOKEN" }, "/b/": {} })],
    routes: [route("/a/"), route("/b/")],
  };
  const router = await routerOf(table, ENV);
  assertEquals(router.own.map(({ client, route }) => [client, route.name]), [["one", "/a/"]]);
  for (const token of [ENV.A_TOKEN, ENV.OWN_TOKEN]) {
    assertEquals(masked(router, `<${token}>`)?.includes(token), false, token);
  }
  assertEquals(masked(router, "<other>"), "<other>");
});

Deno.test("a router masks what requests are signed with", async () => {
  const keys = { access_key_id_env: "A_KEY", secret_access_key_env: "A_SECRET", region: "us-east-1" };
  const { token_env: _, auth_scheme: __, ...rest } = route("/a/") as Record<string, unknown>;
  const table = { routes: [{ ...rest, sign_with: { aws_sigv4: { ...keys, service: "s3" } } }] };
  const secret = "aws-secret-0123456789";
  const router = await routerOf(table, { A_KEY: "AKIDEXAMPLE000000000", A_SECRET: secret });
  assertEquals(masked(router, `<${secret}>`)?.includes(secret), false);
});

Deno.test("a router masks what a token file holds as soon as it was read", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/token`;
  await Deno.writeTextFile(path, "first-token-0123456789");
  await Deno.chmod(path, 0o600);
  const files = valueOf(await TokenFiles.open(folder, [{ name: "token", kind: "token" }]));
  const { token_env: _, ...rest } = route("/a/") as { token_env: string };
  const router = await routerOf({ routes: [{ ...rest, token_file: "token" }] }, {}, { files, folder });
  assertEquals(masked(router, "<first-token-0123456789>")?.includes("first-token"), false);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a client gets the routes that its entry lists, as it says, and references to these alone", async () => {
  const table = {
    clients: [client("one", { "/a/": { methods: ["GET"] } }), {
      ...client("two"),
      token_env: "OTHER_TOKEN",
    }],
    routes: [route("/a/"), route("/b/")],
  };
  const router = await routerOf(table, ENV);
  const [one, two] = router.clients;
  assertEquals([...one!.routes!.keys()], ["/a/"]);
  assertEquals(one!.routes!.get("/a/")!.policies.length, 2);
  assertEquals(two!.routes, undefined);
  const all = router.referencesFor(undefined);
  assertEquals([router.referencesFor(undefined) === all, router.referencesFor(two) === all], [true, true]);
  const few = router.referencesFor(one);
  assertEquals([few === all, router.referencesFor(one) === few], [false, true]);
});

Deno.test("a router is asked under its own names, those of its routes, and no others", async () => {
  const table = { routes: [route("/a/"), { ...route("/"), path: undefined, host: "api.test" }] };
  const router = await routerOf(table, ENV, { hosts: ["proxy.test"] });
  const served = ["proxy.test", "api.test", "127.0.0.1:9", "other.test"];
  assertEquals(served.map((host) => router.hosts.serves(host)), [true, true, true, false]);
});
