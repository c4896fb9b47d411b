/**
 * The least that a proxy under `Deno.serve` can do, which checks nothing and masks nothing: a floor for what the service
 * may cost. `minimal_proxy.ts PREFIX PORT_OF_UPSTREAM CA_FILE PORT`.
 *
 * @module
 */

import { responseFraming } from "../../lib/upstream/response_framing.ts";
import { parseResponseHead } from "../../lib/upstream/response_head.ts";
import { latin1 } from "../../tests/support/bytes.ts";
import { HttpConnection } from "./http_connection.ts";

const [prefix = "", upstreamPort, authorities = "", port] = Deno.args;
const caCerts = [await Deno.readTextFile(authorities)];

/** Content up to this size is sent as a whole, in bytes. */
const WHOLE = 16 * 1024;

/** Fields that are not copied: they are written here, or belong to a connection. */
const OWN = new Set(["authorization", "connection", "content-length", "host", "transfer-encoding"]);

const idle: HttpConnection[] = [];

async function dial(): Promise<HttpConnection> {
  const conn = await Deno.connect({ hostname: "localhost", port: Number(upstreamPort) });
  conn.setNoDelay(true);
  const socket = await Deno.startTls(conn, { hostname: "localhost", caCerts });
  return new HttpConnection(socket, WHOLE);
}

async function upload(connection: HttpConnection, body: ReadableStream<Uint8Array>): Promise<void> {
  for await (const chunk of body) {
    await connection.write(latin1(`${chunk.length.toString(16)}\r\n`));
    await connection.write(chunk);
    await connection.write(latin1("\r\n"));
  }
  await connection.write(latin1("0\r\n\r\n"));
}

async function handle(request: Request): Promise<Response> {
  const connection = idle.pop() ?? await dial();
  const { method, body } = request;
  const path = request.url.slice(request.url.indexOf("/", "http://".length));
  let head = `${method} /${path.slice(prefix.length)} HTTP/1.1\r\nhost: localhost\r\n` +
    "authorization: Bearer made-up-token-of-the-benchmark-0123456789\r\n";
  for (const [name, value] of request.headers) if (!OWN.has(name)) head += `${name}: ${value}\r\n`;
  await connection.write(latin1(`${head}${body === null ? "" : "transfer-encoding: chunked\r\n"}\r\n`));
  if (body !== null) await upload(connection, body);
  const parsed = parseResponseHead(await connection.readHead() ?? "");
  const framing = responseFraming(method, parsed);
  const headers: [string, string][] = [];
  for (const [name, value] of parsed.fields) if (!OWN.has(name.toLowerCase())) headers.push([name, value]);
  if (framing.kind === "length" && framing.length <= WHOLE) {
    const whole = new Uint8Array(framing.length);
    let at = 0;
    await connection.readContent(framing, (part) => {
      whole.set(part, at);
      at += part.length;
    });
    idle.push(connection);
    return new Response(whole, { status: parsed.status, headers });
  }
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  connection.readContent(framing, (part) => writer.write(part.slice())).then(() => {
    idle.push(connection);
    return writer.close();
  }).catch(() => {});
  if (framing.kind === "length") headers.push(["content-length", String(framing.length)]);
  return new Response(readable, { status: parsed.status, headers });
}

Deno.serve({ hostname: "127.0.0.1", port: Number(port), onListen() {} }, handle);
