/**
 * Uploads that go on while their response is streamed, and what is left of them.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { startAdmin } from "../support/admin.ts";
import { fromLatin1, join, latin1, writeAll } from "../support/bytes.ts";
import { TOKEN } from "../support/fixture.ts";
import { socketsOf } from "../support/process.ts";
import { type Service, type ServiceOptions, startService } from "../support/service.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { connectRaw } from "../support/wire.ts";
import { within } from "../support/within.ts";

const MEGABYTE = new Uint8Array(1_000_000);

let upstream: Upstream;
let service: Service;

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

Deno.test.beforeAll(async () => {
  upstream = startUpstream(async (exchange) => {
    if (exchange.target === "/none") return await sleep(1_500);
    if (exchange.target === "/never") return await exchange.closed;
    const status = exchange.target === "/refused" ? 413 : 200;
    await exchange.respond(status, { "Transfer-Encoding": "chunked" });
    await exchange.writeChunk("one");
    // Longer than a client has to pause until the response is streamed.
    await sleep(exchange.target === "/refused" ? 2_500 : 800);
    await exchange.writeChunk("two");
    if (exchange.target === "/left") await sleep(1_500);
    if (exchange.target === "/broken") return exchange.close();
    await exchange.writeChunk();
  }, { record: false });
  service = await start(startService);
});

Deno.test.afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await upstream.close();
});

function start<Started extends Service>(
  startWith: (options: ServiceOptions) => Promise<Started>,
  timeout = 1,
): Promise<Started> {
  const route = { path: "/", upstream: upstream.url, auth_scheme: "Bearer", token_env: "A_TOKEN" };
  const keys = { access_key_id_env: "A_KEY", secret_access_key_env: "A_SECRET", region: "us-east-1" };
  const signed = (service: string) => ({
    path: `/${service}/`,
    upstream: upstream.url,
    sign_body_limit_mb: 1,
    response_timeout_s: timeout,
    sign_with: { aws_sigv4: { ...keys, service } },
  });
  return startWith({
    routes: { routes: [route, signed("bedrock"), signed("s3")] },
    env: { A_TOKEN: TOKEN, A_KEY: "AKIDEXAMPLE000000000", A_SECRET: TOKEN },
  });
}

/** Resolves once a service has as few sockets open as before. */
async function socketsFallTo(before: number, { pid }: Service): Promise<void> {
  const areClosed = async () => {
    while (socketsOf(pid) > before) await sleep(50);
  };
  await within(areClosed(), "The end of all connections", 5_000);
}

function partOf(framing: string, content: Uint8Array): Uint8Array {
  if (framing.startsWith("Content-Length")) return content;
  return join([latin1(`${content.length.toString(16)}\r\n`), content, latin1("\r\n")]);
}

Deno.test("an upload that paused is taken to its end after the end of its streamed response", async () => {
  const framings = ["Transfer-Encoding: chunked", "Content-Length: 20000005"];
  await Promise.all(framings.map(async (framing) => {
    await using wire = await connectRaw(service.port, { timeoutMs: 10_000 });
    await wire.send(`POST /whole HTTP/1.1\r\nHost: proxy\r\n${framing}\r\n\r\n`);
    await wire.send(partOf(framing, latin1("hello")));
    await wire.readUntil("two\r\n0\r\n\r\n");
    await sleep(100);
    // More than the kernel's buffers hold.
    const part = partOf(framing, MEGABYTE);
    for (let count = 0; count < 20; count++) await within(wire.send(part), "The rest of the upload", 10_000);
    if (framing.endsWith("chunked")) await wire.send("0\r\n\r\n");
    assertEquals((await wire.readToEnd()).text, "", framing);
  }));
});

const CODED = [
  "Content-Encoding: aws-chunked",
  "X-Amz-Content-Sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER",
  "X-Amz-Decoded-Content-Length: 20000000",
  "",
].join("\r\n");

Deno.test("an upload that can't be signed is taken to its end after the refusal, and its connection is closed when the client leaves", async () => {
  const before = socketsOf(service.pid);
  const cases = [["/bedrock/x", "", 413, 20], ["/bedrock/x", "", 400, 0], ["/s3/x", CODED, 400, 20]] as const;
  await Promise.all(cases.map(async ([target, fields, status, megabytes]) => {
    await using wire = await connectRaw(service.port, { timeoutMs: 10_000 });
    const chunked = `${fields}Transfer-Encoding: chunked`;
    await wire.send(`PUT ${target} HTTP/1.1\r\nHost: proxy\r\n${chunked}\r\n\r\n`);
    await wire.send(partOf(chunked, latin1("hello")));
    for (let count = 0; count < megabytes; count++) {
      await within(wire.send(partOf(chunked, MEGABYTE)), "The rest of the upload", 10_000);
    }
    assertEquals((await wire.readResponse()).status, status);
  }));
  await socketsFallTo(before, service);
});

Deno.test("the connection of a client that leaves in the middle of an upload is closed, before a response and after it", async () => {
  const before = socketsOf(service.pid);
  const framings = ["Transfer-Encoding: chunked", "Content-Length: 100"];
  const targets = ["none", "whole", "refused", "broken"];
  const cases = framings.flatMap((framing) => targets.map((target) => ({ framing, target })));
  await Promise.all([...cases, ...cases, ...cases].map(async ({ framing, target }) => {
    await using wire = await connectRaw(service.port);
    await wire.send(`POST /${target} HTTP/1.1\r\nHost: proxy\r\n${framing}\r\n\r\n`);
    await wire.send(partOf(framing, latin1("hello")));
    await sleep(target === "none" ? 300 : target === "refused" ? 3_000 : 1_500);
  }));
  await socketsFallTo(before, service);
});

Deno.test("the connection of an upload that is ended because of another client's flood is closed when its client leaves", async () => {
  // A flood takes seconds on a busy machine.
  await using flooded = await start(startService, 30);
  const before = socketsOf(flooded.pid);
  const begin = async (target: string) => {
    const conn = await Deno.connect({ port: flooded.port });
    const fields = "Host: proxy\r\nTransfer-Encoding: chunked\r\n\r\n";
    await writeAll(conn, latin1(`POST ${target} HTTP/1.1\r\n${fields}5\r\nhello\r\n`));
    return conn;
  };
  using flood = await begin("/never");
  const targets = ["/never", "/bedrock/x", "/refused"];
  const quiet = await Promise.all(targets.map(begin));
  // A line without an end, which the runtime keeps.
  let isEnded = false;
  await writeAll(flood, latin1("5;"));
  try {
    for (let megabytes = 0; megabytes < 300; megabytes++) await writeAll(flood, MEGABYTE);
  } catch {
    isEnded = true;
  }
  assert(isEnded);
  for (const [index, conn] of quiet.entries()) {
    const buffer = new Uint8Array(64);
    await within(conn.read(buffer), "The end of a request");
    const status = fromLatin1(buffer.subarray(9, 12));
    // The response of the last is streamed after two seconds.
    assert(status === "503" || (status === "413" && targets[index] === "/refused"), status);
    conn.close();
  }
  await socketsFallTo(before, flooded);
});

Deno.test("clients that leave while a response is streamed during their upload keep 256 connections at most, and then such responses are refused", async () => {
  await using attacked = await start(startAdmin);
  const before = socketsOf(attacked.pid);
  /** Returns the status of a response, and leaves it. */
  const statusOf = async () => {
    using conn = await Deno.connect({ port: attacked.port });
    await conn.write(latin1("POST /left HTTP/1.1\r\nHost: proxy\r\nContent-Length: 10\r\n\r\nhello"));
    const buffer = new Uint8Array(64);
    await conn.read(buffer);
    return new TextDecoder().decode(buffer.subarray(9, 12));
  };
  const statuses: string[] = [];
  for (let round = 0; round < 3; round++) {
    statuses.push(...await Promise.all(Array.from({ length: 100 }, statusOf)));
    await sleep(300);
  }
  const refused = statuses.filter((status) => status === "502").length;
  assert(refused >= 300 - 256, `${refused} were refused`);
  assert(statuses.every((status) => status === "200" || status === "502"));
  await sleep(500);
  const left = socketsOf(attacked.pid) - before;
  assert(left <= 256, `${left} connections`);
  const metrics = await (await attacked.admin("/metrics")).text();
  const [, lost] = /^cred_proxy_client_connections_lost_total (\d+)$/m.exec(metrics) ?? [];
  assertEquals(Number(lost), left);
  const isSaid = () =>
    attacked.stderr().includes("Clients have left too many streamed responses during their upload");
  // Those that were still going on may not have been lost.
  for (let count = 0; count < 20 && !isSaid(); count++) await statusOf();
  assert(isSaid());
  assertEquals(await statusOf(), "502");
});
