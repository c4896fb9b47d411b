/** Buffers of at least this size, in bytes, are freed as soon as they are not needed any more. */
const LARGE = 64 * 1024;

/** Reports whether the memory in which a piece lies, all of it, is large. */
export function isInLarge({ buffer }: Uint8Array<ArrayBuffer>): boolean {
  return buffer.byteLength >= LARGE;
}

/**
 * Frees the memory in which a piece lies. The garbage collector counts objects, not the size of their buffers, and would
 * let a hundred megabytes accumulate before it ran. The caller must be the last to use that memory.
 */
export function freeMemory({ buffer }: Uint8Array<ArrayBuffer>): void {
  buffer.transfer(0);
}

/**
 * Does what {@linkcode freeMemory} does if that memory is large.
 *
 * @param least How large, in bytes.
 */
export function freeLarge(piece: Uint8Array<ArrayBuffer>, least: number = LARGE): void {
  if (piece.buffer.byteLength >= least) freeMemory(piece);
}
