/**
 * Returns a string that changes when the file at a path or its content changes. A file that is missing or can't be
 * examined has a fingerprint as well: the name of the error. Does not read the content.
 */
export async function fileFingerprint(path: string): Promise<string> {
  try {
    const [real, { ino, size, mtime, ctime }] = await Promise.all([Deno.realPath(path), Deno.stat(path)]);
    return [real, ino, size, mtime?.getTime(), ctime?.getTime()].join();
  } catch (error) {
    return error instanceof Error ? error.name : "unknown error";
  }
}
