import type { Script } from "../../support/upstream.ts";
import { sendRange } from "../../support/send_range.ts";

/** A WebDAV server (RFC 4918) that keeps the files of one folder in memory. */
export function webdavServer(host: string): Script {
  const files = new Map<string, Uint8Array>();

  function entry(path: string, size: number | undefined): string {
    const type = size === undefined
      ? "<d:resourcetype><d:collection/></d:resourcetype>"
      : `<d:resourcetype/><d:getcontentlength>${size}</d:getcontentlength>`;
    return `<d:response><d:href>${path}</d:href><d:propstat><d:prop>${type}` +
      "<d:getlastmodified>Mon, 01 Jan 2024 00:00:00 GMT</d:getlastmodified></d:prop>" +
      "<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>";
  }

  return async (exchange) => {
    const bytes = await exchange.bodyBytes();
    const path = exchange.target;
    const file = files.get(path);
    switch (exchange.method) {
      case "PROPFIND": {
        if (!path.endsWith("/") && file === undefined) return await exchange.respond(404);
        const below = path.endsWith("/") && exchange.field("depth") === "1"
          ? [...files].filter(([name]) => name.startsWith(path)).map(([name, { length }]) =>
            entry(name, length)
          )
          : [];
        const all = [entry(path, file?.length), ...below].join("");
        const text = `<?xml version="1.0"?><d:multistatus xmlns:d="DAV:">${all}</d:multistatus>`;
        return await exchange.respond(207, { "Content-Type": "application/xml" }, text);
      }
      case "PUT":
        files.set(path, bytes);
        return await exchange.respond(201);
      case "MKCOL":
        return await exchange.respond(201);
      case "MOVE": {
        // A server refuses a destination that is not its own.
        const { hostname, pathname } = new URL(exchange.field("destination") ?? "", `https://${host}`);
        if (hostname !== host || file === undefined) return await exchange.respond(502);
        files.delete(path);
        files.set(pathname, file);
        return await exchange.respond(201);
      }
      case "GET":
      case "HEAD":
        if (file !== undefined) return await sendRange(exchange, file);
    }
    await exchange.respond(404);
  };
}
