/**
 * The two kinds of keys: the real ones, which no client may see, and the clients' own, which no upstream may see.
 *
 * @module
 */

/** Returns a random key. */
export function makeKey(kind: string): string {
  return `${kind}-${crypto.getRandomValues(new Uint8Array(18)).toHex()}`;
}

/**
 * Reports whether bytes, one character each, include the key: as it is, or in base64 at any alignment, as in Basic.
 */
export function includesKey(text: string, key: string): boolean {
  if (text.includes(key)) return true;
  return [0, 1, 2].some((shift) => {
    const coded = btoa(" ".repeat(shift) + key);
    // The first and the last characters depend on neighbouring bytes.
    return text.includes(coded.slice(shift === 0 ? 0 : shift + 1, -4));
  });
}

/** Returns the files below a folder whose content includes one of the keys. */
export async function filesWithKey(folder: string, keys: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  const decoder = new TextDecoder("latin1");
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) found.push(...await filesWithKey(path, keys));
    if (!entry.isFile) continue;
    const text = decoder.decode(await Deno.readFile(path));
    if (keys.some((key) => includesKey(text, key))) found.push(path);
  }
  return found;
}
