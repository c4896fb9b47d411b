/**
 * Tokens in files, changed while the service runs under its exact flags.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { type Service, startService } from "../support/service.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { connectRaw, request } from "../support/wire.ts";

const FIRST = "first-Wq7Zt2LmK9xB4vNc";
const SECOND = "second-hJ2Tq8vXbN5zR1";

function startFor(
  upstream: Upstream,
  files: Record<string, string>,
  env: Record<string, string> = {},
): Promise<Service> {
  const routes = [{ path: "/a/", upstream: upstream.url, auth_scheme: "Bearer", token_file: "gh" }];
  return startService({ routes: { routes }, files, env });
}

async function replaceFile(service: Service, content: string): Promise<void> {
  await Deno.writeTextFile(join(service.folder, "new"), content);
  await Deno.rename(join(service.folder, "new"), join(service.folder, "gh"));
}

function ask(service: Service) {
  return request(service.port, "GET /a/x HTTP/1.1\r\nHost: proxy\r\n\r\n");
}

Deno.test("a rotation under load loses no request, and new token loaded soon", async () => {
  await using upstream = startUpstream((exchange) => {
    const known = [FIRST, SECOND].some((token) => exchange.field("authorization") === `Bearer ${token}`);
    return exchange.respond(known ? 200 : 401, [], "ok");
  });
  await using service = await startFor(upstream, { gh: `${FIRST}\n` });
  let over = false;
  let answered = 0;
  const clients = Array.from({ length: 4 }, async () => {
    await using wire = await connectRaw(service.port);
    while (!over) {
      await wire.send("GET /a/x HTTP/1.1\r\nHost: proxy\r\n\r\n");
      assertEquals((await wire.readResponse()).status, 200);
      answered++;
    }
  });
  await replaceFile(service, SECOND);
  await service.logged(/^cred-proxy: gh: new token loaded$/m);
  await Deno.writeTextFile(join(service.folder, "gh"), "");
  await service.logged(/^cred-proxy: gh: is empty; keeping the current token$/m);
  over = true;
  await Promise.all(clients);
  assertEquals(upstream.requests.length, answered);
  const shown = upstream.requests.map((each) => each.field("authorization"));
  assertEquals([shown[0], shown.at(-1)], [`Bearer ${FIRST}`, `Bearer ${SECOND}`]);
  // It changes from the old to the new once, and never back.
  assertEquals(shown.filter((value, index) => value !== (shown[index - 1] ?? value)).length, 1);
});

Deno.test("a mounted volume switches its links atomically, and a token that arrives late is used from then on", async () => {
  await using upstream = startUpstream((exchange) => exchange.respond(200, [], "ok"));
  await using service = await startFor(upstream, {});
  await service.logged(/^cred-proxy: the file gh does not exist: \/a\/ responds with 500$/m);
  const missing = await ask(service);
  assertEquals([missing.status, JSON.parse(missing.body.text).error.message], [
    500,
    "The token of this route is not set: the file gh does not exist",
  ]);

  async function publish(folder: string, token: string): Promise<void> {
    await Deno.mkdir(join(service.folder, folder));
    await Deno.writeTextFile(join(service.folder, folder, "gh"), token);
    await Deno.symlink(folder, join(service.folder, "..data_tmp"));
    await Deno.rename(join(service.folder, "..data_tmp"), join(service.folder, "..data"));
  }
  await publish("..one", FIRST);
  await Deno.symlink("..data/gh", join(service.folder, "gh"));
  await service.logged(/gh: new token loaded/);
  assertEquals((await ask(service)).status, 200);
  await publish("..two", SECOND);
  await service.logged(/gh: new token loaded[^]*gh: new token loaded/);
  await ask(service);
  assertEquals(upstream.requests.map((each) => each.field("authorization")), [
    `Bearer ${FIRST}`,
    `Bearer ${SECOND}`,
  ]);
});

Deno.test("after a rotation both tokens are masked, in new responses and in one under way", async () => {
  const rotated = Promise.withResolvers<void>();
  await using upstream = startUpstream(async (exchange) => {
    if (exchange.target === "/stream") {
      await exchange.respond(200, { "Transfer-Encoding": "chunked" });
      await exchange.writeChunk(`one ${FIRST} `);
      await rotated.promise;
      await exchange.writeChunk(`two ${FIRST}`);
      await exchange.writeChunk();
    } else await exchange.respond(200, { "X-Echo": FIRST }, `${FIRST} ${SECOND} ${btoa(FIRST)}`);
  });
  await using service = await startFor(upstream, { gh: FIRST });
  await using wire = await connectRaw(service.port);
  await wire.send("GET /a/stream HTTP/1.1\r\nHost: proxy\r\n\r\n");
  const streamed = wire.readResponse();
  await replaceFile(service, SECOND);
  await service.logged(/gh: new token loaded/);
  rotated.resolve();
  const stars = "*".repeat(FIRST.length);
  assertEquals((await streamed).body.text, `one ${stars} two ${stars}`);
  const after = await ask(service);
  assertEquals(after.field("x-echo"), stars);
  assertEquals(after.body.text.includes(FIRST) || after.body.text.includes(SECOND), false, after.body.text);
  assertEquals(after.body.text.includes(btoa(FIRST).slice(0, 20)), false);
});

Deno.test("a thousand requests read no file", async () => {
  await using upstream = startUpstream((exchange) => exchange.respond(200, [], "ok"));
  const audit = await Deno.makeTempFile();
  await using service = await startFor(upstream, { gh: FIRST }, { DENO_AUDIT_PERMISSIONS: audit });
  const reads = async () =>
    (await Deno.readTextFile(audit)).split("\n").filter((line) => line.includes('"read"')).length;
  const [before, since] = [await reads(), Date.now()];
  await using wire = await connectRaw(service.port);
  for (let count = 0; count < 1000; count++) {
    await wire.send("GET /a/x HTTP/1.1\r\nHost: proxy\r\n\r\n");
    await wire.readResponse();
  }
  const looks = (Date.now() - since) / 500 + 2;
  const seen = await reads() - before;
  await Deno.remove(audit);
  assert(before > 0, "the log of permissions is empty");
  // Just after the start the table is opened 128 times, to hold descriptors.
  assert(seen <= looks * 8 + 128, `${seen} reads in ${looks} looks`);
});
