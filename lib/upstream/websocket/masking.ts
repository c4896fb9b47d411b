/** How far apart two memory accesses of a 32-bit view are, in bytes. */
const WORD = 4;

/**
 * Masks or unmasks bytes in place, which is the same: RFC 6455, section 5.3.
 *
 * @param offset How many bytes of the payload came before these.
 */
export function applyMaskingKey(bytes: Uint8Array, key: Uint8Array, offset = 0): void {
  let at = 0;
  const end = bytes.length;
  const masked = (index: number) => bytes[index]! ^ key[(offset + index) % WORD]!;
  while (at < end && (bytes.byteOffset + at) % WORD !== 0) bytes[at] = masked(at++);
  const words = Math.floor((end - at) / WORD);
  if (words > 0) {
    const rotated = new Uint8Array(WORD);
    for (let index = 0; index < WORD; index++) rotated[index] = key[(offset + at + index) % WORD]!;
    const keyWord = new Int32Array(rotated.buffer)[0]!;
    const view = new Int32Array(bytes.buffer, bytes.byteOffset + at, words);
    for (let index = 0; index < words; index++) view[index]! ^= keyWord;
    at += words * WORD;
  }
  while (at < end) bytes[at] = masked(at++);
}
