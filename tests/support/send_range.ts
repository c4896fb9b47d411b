import type { Exchange } from "./exchange.ts";

/**
 * Sends a file, or the part of it that was asked for, as nginx does: RFC 9110, section 14.
 *
 * @param more More fields, or others in place of the usual ones.
 */
export async function sendRange(
  exchange: Exchange,
  file: Uint8Array,
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  const fields = { "Content-Type": "text/plain", "Accept-Ranges": "bytes", ETag: '"one"', ...more };
  const { length } = file;
  const [asked, first, last] = /^bytes=(\d*)-(\d*)$/.exec(exchange.field("range") ?? "") ?? [];
  const condition = exchange.field("if-range");
  if (asked === undefined || (condition !== undefined && condition !== fields.ETag)) {
    return await exchange.respond(200, fields, file);
  }
  const from = first ? Number(first) : Math.max(0, length - Number(last));
  const to = first && last ? Math.min(Number(last) + 1, length) : length;
  if (from >= to) return await exchange.respond(416, { ...fields, "Content-Range": `bytes */${length}` });
  const range = `bytes ${from}-${to - 1}/${length}`;
  await exchange.respond(206, { ...fields, "Content-Range": range }, file.subarray(from, to));
}
