import type { Exchange } from "../../support/exchange.ts";
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

/** Sends a file, or the range that was asked for: RFC 9110, section 14. */
export async function sendRange(
  exchange: Exchange,
  file: Uint8Array,
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  const fields = { "Content-Type": "text/plain", "Accept-Ranges": "bytes", ETag: '"one"', ...more };
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(exchange.field("range") ?? "") ?? [];
  if (first === undefined) return await exchange.respond(200, fields, file);
  const part = file.subarray(Number(first), last ? Number(last) + 1 : file.length);
  const range = `bytes ${first}-${Number(first) + part.length - 1}/${file.length}`;
  await exchange.respond(206, { ...fields, "Content-Range": range }, part);
}
