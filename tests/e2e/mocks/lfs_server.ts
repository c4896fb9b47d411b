import type { Script } from "../../support/upstream.ts";

const TYPE = { "Content-Type": "application/vnd.git-lfs+json" };

/** Adds git LFS to a forge: the batch API of its one repository, and the objects, to which whole URLs lead. */
export function withLfs(forge: Script, host: string): Script {
  const objects = new Map<string, Uint8Array>();
  const base = "/acme/project.git/info/lfs";
  return async (exchange) => {
    if (!exchange.target.startsWith(base)) return await forge(exchange);
    const bytes = await exchange.bodyBytes();
    const oid = exchange.target.slice(`${base}/objects/`.length);
    if (oid === "batch") {
      const { operation, objects: wanted } = JSON.parse(new TextDecoder().decode(bytes));
      const answer = wanted.map((each: { readonly oid: string; readonly size: number }) => ({
        ...each,
        ...operation === "upload" && objects.has(each.oid)
          ? {}
          : { actions: { [operation]: { href: `https://${host}${base}/objects/${each.oid}` } } },
      }));
      return await exchange.respond(200, TYPE, JSON.stringify({ transfer: "basic", objects: answer }));
    }
    if (oid.startsWith("verify") || exchange.target.startsWith(`${base}/locks`)) {
      return await exchange.respond(200, TYPE, '{"ours":[],"theirs":[]}');
    }
    if (exchange.method === "PUT") {
      objects.set(oid, bytes);
      return await exchange.respond(200);
    }
    const found = objects.get(oid);
    await exchange.respond(found === undefined ? 404 : 200, {}, found);
  };
}
