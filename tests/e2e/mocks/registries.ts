/**
 * Private registries with one package each, `proxied`.
 *
 * @module
 */

import { fromLatin1 } from "../../support/bytes.ts";
import type { Exchange } from "../../support/exchange.ts";
import { sendRange } from "../../support/send_range.ts";
import type { Script } from "../../support/upstream.ts";
import { digest, tarball, zip } from "./archive.ts";
import { sendJson } from "./sse.ts";

/** What the package prints when it is used. */
export const PACKAGE_SAYS = "The package came through.";

/** An npm registry. As most do, its documents name its own address for tarballs. */
export async function npmRegistry(): Promise<Script> {
  const name = "proxied";
  const version = { name, version: "1.0.0", main: "index.js", type: "commonjs" };
  const archive = await tarball({
    "package/package.json": JSON.stringify(version),
    "package/index.js": `module.exports = "${PACKAGE_SAYS}";`,
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
    "proxied.py": `SAYS = "${PACKAGE_SAYS}"\n`,
    [`${info}/METADATA`]: "Metadata-Version: 2.1\nName: proxied\nVersion: 1.0\n",
    [`${info}/WHEEL`]: "Wheel-Version: 1.0\nGenerator: e2e\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    [`${info}/RECORD`]: `proxied.py,,\n${info}/METADATA,,\n${info}/WHEEL,,\n${info}/RECORD,,\n`,
  });
  const source = await pythonSource();
  return async (exchange) => {
    await exchange.drain();
    if (exchange.method === "POST") return await acceptUpload(exchange);
    if (archive && exchange.target === `/files/${file}`) return await sendFile(exchange, archive);
    if (exchange.target === `/files/${SOURCE}`) {
      return await sendRange(exchange, source, { "Content-Encoding": "gzip" });
    }
    if (exchange.target === "/simple/stored/") return await sendPage(exchange, SOURCE, source);
    if (exchange.target !== "/simple/proxied/") return await exchange.respond(404);
    if (archive) await sendPage(exchange, file, archive);
  };
}

async function sendPage(exchange: Exchange, file: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const sum = (await digest("SHA-256", bytes)).toHex();
  const page =
    `<!DOCTYPE html><html><body><a href="../../files/${file}#sha256=${sum}">${file}</a></body></html>`;
  await exchange.respond(200, { "Content-Type": "text/html" }, page);
}

/** A source distribution that is stored with a coding of its own, as some servers do with `.gz`. */
const SOURCE = "stored-1.0.tar.gz";

/** Builds the wheel of the source distribution, so that nothing has to be installed for that. */
const BACKEND = `import zipfile
def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "stored-1.0-py3-none-any.whl"
    info = "stored-1.0.dist-info"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
        wheel.writestr("stored.py", 'SAYS = "${PACKAGE_SAYS}"')
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: stored\\nVersion: 1.0\\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/RECORD", "")
    return name
`;

function pythonSource(): Promise<Uint8Array<ArrayBuffer>> {
  return tarball({
    "stored-1.0/PKG-INFO": "Metadata-Version: 2.1\nName: stored\nVersion: 1.0\n",
    "stored-1.0/pyproject.toml":
      '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
    "stored-1.0/backend.py": BACKEND,
  });
}

/** Accepts an upload of a package in the form that twine sends it in. */
async function acceptUpload(exchange: Exchange): Promise<void> {
  const text = fromLatin1(exchange.received);
  const complete = exchange.target === "/" && /name=":action"\r\n\r\nfile_upload\r\n/.test(text) &&
    /name="content"; filename="mine-1\.0/.test(text);
  await exchange.respond(complete ? 200 : 400);
}

/**
 * A sparse index of crates. Its configuration names the download address as an absolute URL, which must be the proxy's:
 * cargo would bypass the proxy otherwise.
 */
export async function crateIndex(origin: string): Promise<Script> {
  const archive = await tarball({
    "proxied-1.0.0/Cargo.toml": '[package]\nname = "proxied"\nversion = "1.0.0"\nedition = "2021"\n',
    "proxied-1.0.0/src/lib.rs": `pub const SAYS: &str = "${PACKAGE_SAYS}";\n`,
  });
  const cksum = (await digest("SHA-256", archive)).toHex();
  const index = new Map([["/pr/ox/proxied", JSON.stringify(entryOf("proxied", cksum))]]);
  return async (exchange) => {
    const content = await exchange.bodyBytes();
    const found = index.get(exchange.target);
    if (found !== undefined) return await exchange.respond(200, {}, found);
    switch (exchange.target) {
      case "/config.json":
        return await sendJson(exchange, {
          dl: `${origin}/cargo/dl`,
          api: `${origin}/cargo`,
          "auth-required": true,
        });
      case "/dl/proxied/1.0.0/download":
        return await sendFile(exchange, archive);
      case "/api/v1/crates/new": {
        const { name, crate } = publishedOf(content);
        const sum = (await digest("SHA-256", crate)).toHex();
        index.set(`/${name.slice(0, 2)}/${name.slice(2, 4)}/${name}`, JSON.stringify(entryOf(name, sum)));
        return await sendJson(exchange, {
          warnings: { invalid_categories: [], invalid_badges: [], other: [] },
        });
      }
    }
    await exchange.respond(404);
  };
}

function entryOf(name: string, cksum: string): object {
  return { name, vers: "1.0.0", deps: [], cksum, features: {}, yanked: false };
}

/** Takes a new crate apart: the lengths of its description and of its archive each come before them. */
function publishedOf(content: Uint8Array<ArrayBuffer>) {
  const view = new DataView(content.buffer);
  const length = view.getUint32(0, true);
  const { name } = JSON.parse(new TextDecoder().decode(content.subarray(4, 4 + length)));
  const crate = content.slice(8 + length);
  if (crate.length !== view.getUint32(4 + length, true)) throw new Error("The crate is not complete");
  return { name: String(name), crate };
}

async function sendFile(exchange: Exchange, bytes: Uint8Array): Promise<void> {
  await exchange.respond(200, { "Content-Type": "application/octet-stream" }, bytes);
}
