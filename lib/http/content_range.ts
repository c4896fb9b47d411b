/** The part of a representation that a response holds. */
export interface ContentRange {
  /** The offset of its first byte. */
  readonly from: number;
  /** The offset after its last byte. */
  readonly to: number;
  /** The length of the whole, in bytes. */
  readonly whole: number;
}

const BYTES = /^bytes ([0-9]{1,15})-([0-9]{1,15})\/([0-9]{1,15})$/i;

/**
 * Parses a Content-Range: RFC 9110, section 14.4.
 *
 * @returns Undefined if it is not one part of bytes whose whole has a known length.
 */
export function parseContentRange(value: string): ContentRange | undefined {
  const parts = BYTES.exec(value);
  if (parts === null) return undefined;
  const [from, last, whole] = parts.slice(1).map(Number) as [number, number, number];
  return from <= last && last < whole ? { from, to: last + 1, whole } : undefined;
}
