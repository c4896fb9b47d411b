import type { Script } from "../../support/upstream.ts";
import { sendRange } from "../../support/send_range.ts";

/** A server of restic's REST backend, version 2, that keeps its files in memory. */
export function resticServer(): Script {
  const files = new Map<string, Uint8Array>();
  return async (exchange) => {
    const bytes = await exchange.bodyBytes();
    const [path = ""] = exchange.target.split("?");
    if (exchange.method === "POST") {
      if (!path.endsWith("/")) files.set(path, bytes);
      return await exchange.respond(200);
    }
    if (exchange.method === "DELETE") {
      return await exchange.respond(files.delete(path) ? 200 : 404);
    }
    if (path.endsWith("/")) {
      const list = [...files].filter(([name]) => name.startsWith(path))
        .map(([name, { length }]) => ({ name: name.slice(path.length), size: length }));
      const type = "application/vnd.x.restic.rest.v2";
      return await exchange.respond(200, { "Content-Type": type }, JSON.stringify(list));
    }
    const file = files.get(path);
    if (file === undefined) return await exchange.respond(404);
    await sendRange(exchange, file);
  };
}
