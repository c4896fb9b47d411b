/**
 * HTTP/1.1 messages as the tests' own peers parse them: deliberately a second implementation that shares nothing with
 * the one under test.
 *
 * @module
 */

import type { ByteSource } from "./bytes.ts";

/** A header field: its name in its original case, and its value. */
export type Field = readonly [name: string, value: string];

/** A parsed head. */
export interface Head {
  /** The raw head as Latin-1, with the blank line. */
  readonly text: string;
  /** The request line or the status line. */
  readonly start: string;
  /** The fields in order. */
  readonly fields: readonly Field[];
}

/** How a body ends; `end` is a response body that lasts until the connection closes. */
export type Framing = { readonly kind: "length"; readonly length: number } | {
  readonly kind: "chunked" | "end";
};

/** The body ended before its framing said so. */
export class Truncated extends Error {
  override name = "Truncated";
}

/** Parses a head that {@linkcode ByteSource.readUntil} read up to the blank line. */
export function parseHead(text: string): Head {
  const [start = "", ...lines] = text.slice(0, -4).split("\r\n");
  const fields = lines.map((line): Field => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  return { text, start, fields };
}

/** Returns a field's values in order; the name is case-insensitive. */
export function valuesOf(fields: readonly Field[], name: string): string[] {
  return fields.filter(([given]) => given.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
}

/** Returns the framing of a head, or `otherwise` if it has none. */
export function framingOf(fields: readonly Field[], otherwise: Framing): Framing {
  const codings = valuesOf(fields, "transfer-encoding").join(",").toLowerCase();
  if (codings.trim().endsWith("chunked")) return { kind: "chunked" };
  const [length] = valuesOf(fields, "content-length");
  return length === undefined ? otherwise : { kind: "length", length: Number(length) };
}

/**
 * Yields a body's bytes as they arrive, without the framing.
 *
 * @throws {Truncated} when the connection ends first
 */
export async function* readBody(source: ByteSource, framing: Framing): AsyncGenerator<Uint8Array> {
  if (framing.kind === "length") yield* readCounted(source, framing.length);
  else if (framing.kind === "chunked") yield* readChunked(source);
  else {
    for (let part = await source.read(); part; part = await source.read()) yield part;
    if (source.failure) throw new Truncated("Connection broke within a body", { cause: source.failure });
  }
}

async function* readCounted(source: ByteSource, length: number): AsyncGenerator<Uint8Array> {
  for (let left = length; left > 0;) {
    const part = await source.read(left);
    if (!part) throw new Truncated(`Body ended ${left} bytes early`);
    left -= part.length;
    yield part;
  }
}

async function* readChunked(source: ByteSource): AsyncGenerator<Uint8Array> {
  for (;;) {
    const line = await source.readUntil("\r\n");
    if (line === undefined) throw new Truncated("Body ended without its last chunk");
    const size = /^([0-9a-f]+)(?:[ \t]*;.*)?\r\n$/i.exec(line)?.[1];
    if (size === undefined) throw new SyntaxError(`Cannot read chunk size ${JSON.stringify(line)}`);
    if (Number.parseInt(size, 16) === 0) break;
    yield* readCounted(source, Number.parseInt(size, 16));
    const end = await source.readBytes(2);
    if (end.length < 2) throw new Truncated("Body ended within a chunk");
    if (end[0] !== 13 || end[1] !== 10) throw new SyntaxError("Chunk does not end with CR LF");
  }
  let trailer = await source.readUntil("\r\n");
  while (trailer !== undefined && trailer !== "\r\n") trailer = await source.readUntil("\r\n");
  if (trailer === undefined) throw new Truncated("Body ended within its trailers");
}
