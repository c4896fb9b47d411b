/**
 * The content codings of a response: RFC 9110, section 8.4.
 *
 * @module
 */

import { type Coding, CODINGS } from "./codings.ts";

/** Codings that hide the content, and that can't be decoded here: most of IANA's registry, and others in use. */
const UNSUPPORTED: ReadonlySet<string> = new Set([
  "compress",
  "x-compress",
  "dcb",
  "dcz",
  "aes128gcm",
  "exi",
  "pack200-gzip",
  "bzip2",
  "bzip",
  "x-bzip2",
  "x-bzip",
  "lz4",
  "lzma",
  "x-lzma",
  "lzip",
  "lzo",
  "xz",
  "x-xz",
  "sdch",
  "snappy",
  "x-snappy",
  "x-snappy-framed",
]);

/** How many codings content may have at most, each of which needs memory. Two are used at all. */
const CODING_LIMIT = 3;

/**
 * Returns the codings of content, in the order in which they are to be decoded, the last one that was applied first.
 *
 * Words that are no codings (`identity`, `none`, `UTF-8`, `aws-chunked`) are skipped: servers send them for content that
 * has no coding, or whose coding was taken off.
 *
 * @param value The value of Content-Encoding.
 * @returns Undefined if one of them can't be decoded, or if there are too many.
 */
export function codingsOf(value: string): readonly Coding[] | undefined {
  const codings: Coding[] = [];
  // Faulty servers send quotes, a parameter or a media type. A client may still take any word of it for a coding.
  for (const [name] of value.toLowerCase().matchAll(/[a-z0-9][a-z0-9_.-]*/g)) {
    if (UNSUPPORTED.has(name)) return undefined;
    const coding = CODINGS.get(name);
    if (coding !== undefined) codings.unshift(coding);
  }
  return codings.length > CODING_LIMIT ? undefined : codings;
}
