/**
 * Returns a text that changes when the file at a path, or its content, does; that the file is missing has a text too.
 * Does not read the content.
 */
export async function fileFingerprint(path: string): Promise<string> {
  try {
    const [real, { ino, size, mtime, ctime }] = await Promise.all([Deno.realPath(path), Deno.stat(path)]);
    return [real, ino, size, mtime?.getTime(), ctime?.getTime()].join();
  } catch (error) {
    return error instanceof Error ? error.name : "unknown error";
  }
}
