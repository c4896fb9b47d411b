/**
 * Reading DER, the encoding of certificates: X.690, sections 8.1 and 10.1.
 *
 * @module
 */

/** One value with its tag. */
export interface DerValue {
  readonly tag: number;
  readonly content: Uint8Array;
}

/** Tags of values that consist of others, and of those that are looked for in certificates. */
export const DER = { boolean: 0x01, octets: 0x04, oid: 0x06, sequence: 0x30, context3: 0xa3 } as const;

/** Returns the values that a text of bytes consists of; undefined if it is not DER, or a tag has several bytes. */
export function derValues(bytes: Uint8Array): readonly DerValue[] | undefined {
  const values: DerValue[] = [];
  for (let at = 0; at < bytes.length;) {
    const [tag = 0, first] = bytes.subarray(at, at + 2);
    if (first === undefined || (tag & 0x1f) === 0x1f) return undefined;
    // 0x80 alone is the indefinite length, which DER does not allow; four bytes suffice for 4 GiB.
    const size = first < 0x80 ? 0 : first - 0x80;
    if (first === 0x80 || size > 4 || at + 2 + size > bytes.length) return undefined;
    const begin = at + 2 + size;
    const length = size === 0
      ? first
      : bytes.subarray(at + 2, begin).reduce((sum, byte) => sum * 256 + byte, 0);
    if (begin + length > bytes.length) return undefined;
    values.push({ tag, content: bytes.subarray(begin, begin + length) });
    at = begin + length;
  }
  return values;
}
