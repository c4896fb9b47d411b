/**
 * The oracle for requests: Node's HTTP server, reading bytes without a network. It runs under Node.
 *
 * Each line of stdin is one connection's bytes in base64; for each it prints a line of JSON: the parsed requests, and
 * the error at which it stopped, if any.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createServer } from "node:http";
import process from "node:process";
import { createInterface } from "node:readline";
import { Duplex } from "node:stream";

/** Serves one connection and resolves with what was parsed once it has closed. */
function read(bytes) {
  return new Promise((resolve) => {
    const requests = [];
    let error = null;
    const server = createServer({ maxHeaderSize: 128 * 1024, requestTimeout: 0, headersTimeout: 0 });
    server.on("request", (incoming, outgoing) => {
      const parts = [];
      const one = { method: incoming.method, target: incoming.url, raw: incoming.rawHeaders, whole: false };
      requests.push(one);
      incoming.on("data", (part) => parts.push(part));
      incoming.on("error", () => {});
      incoming.on("end", () => {
        one.whole = incoming.complete;
        one.trailers = incoming.rawTrailers;
        one.body = Buffer.concat(parts).toString("base64");
        outgoing.end();
      });
    });
    server.on("clientError", (failure, socket) => {
      error = failure.code ?? failure.message;
      socket.destroy();
    });
    const connection = new Duplex({
      read() {},
      write(_bytes, _encoding, written) {
        written();
      },
    });
    connection.on("close", () => resolve({ requests, error }));
    server.emit("connection", connection);
    connection.push(bytes);
    // Parsing is done two turns of the event loop later; then the connection ends.
    setImmediate(() => setImmediate(() => connection.push(null)));
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await read(Buffer.from(line, "base64")))}\n`);
}
