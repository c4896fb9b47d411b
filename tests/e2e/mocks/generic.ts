import { gzipSync } from "node:zlib";
import { sendRange } from "../../support/send_range.ts";
import type { Script } from "../../support/upstream.ts";
import { digest } from "./archive.ts";
import { RESPONSE_PIECES, sendEvents, sendJson } from "./sse.ts";

/** The name of the API's only user. */
const USER = { login: "proxied", id: 1 };

/** An API that is made for clients of no particular service, at a host of its own. */
export function genericApi(host: string): Script {
  return async (exchange) => {
    const bytes = await exchange.bodyBytes();
    switch (`${exchange.method} ${exchange.target}`) {
      case "GET /user":
        return await sendJson(exchange, USER);
      case "GET /moved":
        return await exchange.respond(302, { Location: `https://${host}/user` });
      case "GET /events":
        return await sendEvents(exchange, RESPONSE_PIECES.map((text) => ({ text })), event);
      case "PUT /upload":
        return await exchange.respond(200, {}, (await digest("SHA-256", bytes)).toHex());
      case "GET /file":
      case "HEAD /file":
        return await sendRange(exchange, FILE);
      case "GET /stored":
      case "HEAD /stored":
        return await sendRange(exchange, STORED, { "Content-Encoding": "gzip" });
      case "GET /stored/sha256":
        return await exchange.respond(200, {}, (await digest("SHA-256", STORED)).toHex());
    }
    await exchange.respond(404);
  };
}

function event(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

/** A file of 4 MiB in lines that are all different. */
const FILE = new TextEncoder().encode(
  Array.from({ length: 262_144 }, (_, line) => `line ${line}`.padEnd(15)).join("\n") + "\n",
);

/** A file of some 3 MiB that is stored with a coding of its own. */
const STORED = new Uint8Array(
  gzipSync(Array.from({ length: 80_000 }, () => crypto.randomUUID() + crypto.randomUUID()).join("\n")),
);
