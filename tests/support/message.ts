/**
 * HTTP/1.1 messages as the tests' own peers read them. On purpose a second implementation, sharing nothing with
 * the one under test.
 *
 * @module
 */

import type { ByteSource } from "./bytes.ts";

/** A header field as it stood in the head: its name in the case it came in, and its value. */
export type Field = readonly [name: string, value: string];

/** A head taken apart. */
export interface Head {
  /** All of it, as Latin-1, with the blank line. */
  readonly text: string;
  /** The request line or the status line. */
  readonly start: string;
  /** The fields in their order. */
  readonly fields: readonly Field[];
}

/** How a body ends; `end` is a reply's body that lasts as long as the connection. */
export type Framing = { readonly kind: "length"; readonly length: number } | {
  readonly kind: "chunked" | "end";
};

/** A body that stopped before its framing said it would. */
export class Truncated extends Error {
  override name = "Truncated";
}

/** Takes a head apart that {@linkcode ByteSource.readUntil} read up to the blank line. */
export function parseHead(text: string): Head {
  const [start = "", ...lines] = text.slice(0, -4).split("\r\n");
  const fields = lines.map((line): Field => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  return { text, start, fields };
}

/** A field's values in their order, whatever the case of the name. */
export function valuesOf(fields: readonly Field[], name: string): string[] {
  return fields.filter(([given]) => given.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
}

/** The framing that a head asks for; `otherwise` is what holds when it says nothing. */
export function framingOf(fields: readonly Field[], otherwise: Framing): Framing {
  const codings = valuesOf(fields, "transfer-encoding").join(",").toLowerCase();
  if (codings.trim().endsWith("chunked")) return { kind: "chunked" };
  const [length] = valuesOf(fields, "content-length");
  return length === undefined ? otherwise : { kind: "length", length: Number(length) };
}

/**
 * A body's bytes as they come, without the framing.
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
