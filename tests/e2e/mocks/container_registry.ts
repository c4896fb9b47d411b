import type { Exchange } from "../../support/exchange.ts";
import type { Script } from "../../support/upstream.ts";
import { digest } from "./archive.ts";

/** A registry of container images that keeps what is pushed, with uploads in one piece or in several. */
export function containerRegistry(host: string): Script {
  const blobs = new Map<string, Uint8Array<ArrayBuffer>>();
  const manifests = new Map<string, { readonly type: string; readonly bytes: Uint8Array<ArrayBuffer> }>();
  let upload = new Uint8Array<ArrayBuffer>(new ArrayBuffer(0));

  async function store(exchange: Exchange, bytes: Uint8Array<ArrayBuffer>, last: boolean): Promise<void> {
    upload = new Uint8Array([...upload, ...bytes]);
    // A whole URL, as registries send it.
    const Location = `https://${host}/v2/acme/image/blobs/uploads/1`;
    if (!last) return await exchange.respond(202, { Location, Range: `0-${upload.length - 1}` });
    const name = `sha256:${(await digest("SHA-256", upload)).toHex()}`;
    blobs.set(name, upload);
    await exchange.respond(201, { "Docker-Content-Digest": name });
  }

  return async (exchange) => {
    const bytes = await exchange.bodyBytes();
    const { pathname } = new URL(exchange.target, "http://mock");
    const [, kind, name = ""] = /^\/v2\/acme\/image\/(blobs|manifests)\/(.+)$/.exec(pathname) ?? [];
    if (pathname === "/v2/") {
      return await exchange.respond(200, { "Docker-Distribution-Api-Version": "registry/2.0" });
    }
    if (kind === "blobs" && name.startsWith("uploads/")) {
      if (exchange.method === "POST") upload = new Uint8Array(0);
      return await store(exchange, bytes, exchange.method === "PUT");
    }
    if (exchange.method === "PUT" && kind === "manifests") {
      const held = { type: exchange.field("content-type") ?? "", bytes };
      const digested = `sha256:${(await digest("SHA-256", bytes)).toHex()}`;
      for (const key of [name, digested]) manifests.set(key, held);
      return await exchange.respond(201, { "Docker-Content-Digest": digested });
    }
    const manifest = manifests.get(name);
    if (manifest !== undefined) {
      return await exchange.respond(200, { "Content-Type": manifest.type }, manifest.bytes);
    }
    const blob = blobs.get(name);
    const error = '{"errors":[{"code":"MANIFEST_UNKNOWN"}]}';
    if (blob === undefined) return await exchange.respond(404, { "Content-Type": "application/json" }, error);
    await exchange.respond(200, { "Content-Type": "application/octet-stream" }, blob);
  };
}
