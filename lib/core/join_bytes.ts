/** Concatenates two byte arrays. If one is empty, returns the other itself, not a copy. */
export function joinBytes(
  first: Uint8Array<ArrayBuffer>,
  second: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  if (first.length === 0) return second;
  if (second.length === 0) return first;
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
