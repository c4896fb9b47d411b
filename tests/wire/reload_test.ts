/**
 * The table changes while the service runs under its exact flags.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { type Service, startService } from "../support/service.ts";
import { TOKEN } from "../support/fixture.ts";
import { startUpstream } from "../support/upstream.ts";
import { connectRaw, request } from "../support/wire.ts";

const TAKEN = /^cred-proxy: route table reloaded; .*$/m;
const REFUSED = /^cred-proxy: route table rejected, keeping the current one:\n(cred-proxy: .*\n)+/m;

function routeTo(upstream: string, path: string, fields: object = {}) {
  return { path, upstream, auth_scheme: "Bearer", token_env: "A_TOKEN", ...fields };
}

async function write(service: Service, table: object | string): Promise<void> {
  const text = typeof table === "string" ? table : JSON.stringify(table);
  await Deno.writeTextFile(join(service.folder, "routes.json"), text);
}

async function statusOf(service: Service, path: string): Promise<number> {
  return (await request(service.port, `GET ${path} HTTP/1.1\r\nHost: proxy\r\n\r\n`)).status;
}

Deno.test("a changed table is loaded; requests in flight finish on the one they began with", async () => {
  const released = Promise.withResolvers<void>();
  await using upstream = startUpstream(async (exchange) => {
    if (exchange.target !== "/stream") return await exchange.respond(200, [], "ok");
    await exchange.respond(200, { "Transfer-Encoding": "chunked" });
    await exchange.writeChunk("one ");
    await released.promise;
    await exchange.writeChunk("two");
    await exchange.writeChunk();
  });
  await using service = await startService({
    routes: { routes: [routeTo(upstream.url, "/a/")] },
    env: { A_TOKEN: TOKEN },
  });
  await using wire = await connectRaw(service.port);
  await wire.send("GET /a/stream HTTP/1.1\r\nHost: proxy\r\n\r\n");
  await wire.readUntil("one ");

  await write(service, { routes: [routeTo(upstream.url, "/b/", { auth_scheme: "token" })] });
  const [line] = await service.logged(TAKEN);
  assertEquals(line, "cred-proxy: route table reloaded; 1 route(s): /b/");
  assertEquals([await statusOf(service, "/a/x"), await statusOf(service, "/b/x")], [404, 200]);
  assertEquals(upstream.requests.at(-1)?.field("authorization"), `token ${TOKEN}`);
  released.resolve();
  await wire.readUntil("two");
  await wire.readUntil("0\r\n\r\n");
});

Deno.test("SIGHUP reloads the table even if its file looks unchanged", async () => {
  await using upstream = startUpstream((exchange) => exchange.respond(200, [], "ok"));
  await using service = await startService({
    routes: { routes: [routeTo(upstream.url, "/a/")] },
    env: { A_TOKEN: TOKEN },
  });
  service.kill("SIGHUP");
  await service.logged(TAKEN);
  assertEquals(await statusOf(service, "/a/x"), 200);
});

Deno.test("a table that is invalid or needs more permissions is rejected, and the log says why", async () => {
  await using upstream = startUpstream((exchange) => exchange.respond(200, [], "ok"));
  await using service = await startService({
    routes: {
      routes: [routeTo(upstream.url, "/a/"), routeTo(upstream.url, "/u/", { token_env: "UNSET_TOKEN" })],
    },
    env: { A_TOKEN: TOKEN },
    files: { empty: "" },
  });
  const routes = [routeTo(upstream.url, "/a/")];
  const cases: [table: object | string, lines: string[]][] = [
    ["{", [`${join(service.folder, "routes.json")}: is not JSON: line 1, column 2: the text ends too early`]],
    [{ routes: [{ ...routes[0], path: "a", colour: 1 }] }, [
      "routes[0].path: must begin with /",
      "routes[0].colour: unknown field",
    ]],
    [{ routes: [...routes, routeTo("https://evil.example", "/b/")] }, [
      "--allow-net: is missing evil.example:443; restart the service to grant it",
    ]],
    [{ routes: [...routes, routeTo(upstream.url, "/b/", { token_env: "B_TOKEN" })] }, [
      "B_TOKEN: was not read at startup; restart the service to read it",
    ]],
    [{ client_token_env: "UNSET_TOKEN", routes }, [
      "UNSET_TOKEN: is unset or empty, but client_token_env requires it",
    ]],
    [{ routes: [routeTo(upstream.url, "/a/", { token_env: undefined, token_file: "empty" })] }, [
      "empty: is empty",
    ]],
  ];
  let rejected = 0;
  for (const [table, lines] of cases) {
    await write(service, table);
    const wanted = `rejected, keeping the current one:\n${
      lines.map((line) => `cred-proxy: ${line}\n`).join("")
    }`;
    await service.logged(new RegExp(RegExp.escape(wanted)));
    rejected++;
    assertEquals(await statusOf(service, "/a/x"), 200);
  }
  await Deno.remove(join(service.folder, "routes.json"));
  await service.logged(/routes\.json: no such file/);
  assertEquals(await statusOf(service, "/a/x"), 200);
  // Each was logged once.
  assertEquals(service.stderr().split("table rejected").length - 1, rejected + 1);
  assertEquals(REFUSED.test(service.stderr()), true);

  // A valid table is still loaded afterwards.
  await write(service, { routes });
  await service.logged(TAKEN);
  assertEquals([await statusOf(service, "/a/x"), await statusOf(service, "/u/x")], [200, 404]);
});

Deno.test("a reload reads the token files again and keeps masking the previous token", async () => {
  const [first, second] = ["first-Wq7Zt2LmK9xB4vNc", "second-hJ2Tq8vXbN5zR1"];
  await using upstream = startUpstream((exchange) => exchange.respond(200, [], `${first} ${second}`));
  const table = (path: string) => ({
    routes: [routeTo(upstream.url, path, { token_env: undefined, token_file: "gh" })],
  });
  await using service = await startService({ routes: table("/a/"), files: { gh: first } });
  await Deno.writeTextFile(join(service.folder, "gh"), second);
  await write(service, table("/b/"));
  await service.logged(TAKEN);
  const response = await request(service.port, "GET /b/x HTTP/1.1\r\nHost: proxy\r\n\r\n");
  assertEquals(upstream.requests.at(-1)?.field("authorization"), `Bearer ${second}`);
  assertEquals(response.body.text, `${"*".repeat(first.length)} ${"*".repeat(second.length)}`);
});

Deno.test("reloads under load lose no requests", async () => {
  await using upstream = startUpstream((exchange) => exchange.respond(200, [], "ok"));
  await using service = await startService({
    routes: { routes: [routeTo(upstream.url, "/a/")] },
    env: { A_TOKEN: TOKEN },
  });
  let over = false;
  const clients = Array.from({ length: 4 }, async () => {
    await using wire = await connectRaw(service.port);
    while (!over) {
      await wire.send("GET /a/x HTTP/1.1\r\nHost: proxy\r\n\r\n");
      assertEquals((await wire.readResponse()).status, 200);
    }
  });
  for (let count = 1; count <= 3; count++) {
    service.kill("SIGHUP");
    await service.logged(new RegExp(`(?:route table reloaded[^]*){${count}}`));
  }
  over = true;
  await Promise.all(clients);
});
