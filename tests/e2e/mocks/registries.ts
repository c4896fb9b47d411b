/**
 * Private registries with one package each, `proxied`.
 *
 * @module
 */

import type { Exchange } from "../../support/exchange.ts";
import type { Script } from "../../support/upstream.ts";
import { digest, tarball, zip } from "./archive.ts";
import { sendJson } from "./sse.ts";

/** What the package prints when it is used. */
const SAYS = "The package came through.";

/** An npm registry. As most do, its documents name its own address for tarballs. */
export async function npmRegistry(): Promise<Script> {
  const name = "proxied";
  const version = { name, version: "1.0.0", main: "index.js", type: "commonjs" };
  const archive = await tarball({
    "package/package.json": JSON.stringify(version),
    "package/index.js": `module.exports = "${SAYS}";`,
  });
  const dist = {
    tarball: `https://npm.example.com/${name}/-/${name}-1.0.0.tgz`,
    integrity: `sha512-${(await digest("SHA-512", archive)).toBase64()}`,
  };
  return async (exchange) => {
    await exchange.drain();
    if (exchange.target === `/${name}/-/${name}-1.0.0.tgz`) return await sendFile(exchange, archive);
    if (exchange.target !== `/${name}`) return await exchange.respond(404, {}, "{}");
    await sendJson(exchange, {
      name,
      "dist-tags": { latest: "1.0.0" },
      versions: { "1.0.0": { ...version, dist } },
    });
  };
}

/** A Python index (PEP 503) whose links are relative. */
export async function pythonIndex(): Promise<Script> {
  const file = "proxied-1.0-py3-none-any.whl";
  const info = "proxied-1.0.dist-info";
  const archive = await zip({
    "proxied.py": `SAYS = "${SAYS}"\n`,
    [`${info}/METADATA`]: "Metadata-Version: 2.1\nName: proxied\nVersion: 1.0\n",
    [`${info}/WHEEL`]: "Wheel-Version: 1.0\nGenerator: e2e\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    [`${info}/RECORD`]: `proxied.py,,\n${info}/METADATA,,\n${info}/WHEEL,,\n${info}/RECORD,,\n`,
  });
  const sum = archive && (await digest("SHA-256", archive)).toHex();
  return async (exchange) => {
    await exchange.drain();
    if (archive && exchange.target === `/files/${file}`) return await sendFile(exchange, archive);
    if (exchange.target !== "/simple/proxied/") return await exchange.respond(404);
    const page =
      `<!DOCTYPE html><html><body><a href="../../files/${file}#sha256=${sum}">${file}</a></body></html>`;
    await exchange.respond(200, { "Content-Type": "text/html" }, page);
  };
}

/**
 * A sparse index of crates. Its configuration names the download address as an absolute URL, which must be the proxy's:
 * cargo would bypass the proxy otherwise.
 */
export async function crateIndex(origin: string): Promise<Script> {
  const archive = await tarball({
    "proxied-1.0.0/Cargo.toml": '[package]\nname = "proxied"\nversion = "1.0.0"\nedition = "2021"\n',
    "proxied-1.0.0/src/lib.rs": `pub const SAYS: &str = "${SAYS}";\n`,
  });
  const cksum = (await digest("SHA-256", archive)).toHex();
  const entry = { name: "proxied", vers: "1.0.0", deps: [], cksum, features: {}, yanked: false };
  return async (exchange) => {
    await exchange.drain();
    switch (exchange.target) {
      case "/config.json":
        return await sendJson(exchange, { dl: `${origin}/cargo/dl`, "auth-required": true });
      case "/pr/ox/proxied":
        return await exchange.respond(200, {}, JSON.stringify(entry));
      case "/dl/proxied/1.0.0/download":
        return await sendFile(exchange, archive);
    }
    await exchange.respond(404);
  };
}

async function sendFile(exchange: Exchange, bytes: Uint8Array): Promise<void> {
  await exchange.respond(200, { "Content-Type": "application/octet-stream" }, bytes);
}
