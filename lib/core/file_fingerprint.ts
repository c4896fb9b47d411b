/**
 * What file stands at a path now, in a text that changes when the file or its content does; nothing is read of it. That
 * there is none is a state as well.
 */
export async function fileFingerprint(path: string): Promise<string> {
  try {
    const [real, { ino, size, mtime, ctime }] = await Promise.all([Deno.realPath(path), Deno.stat(path)]);
    return [real, ino, size, mtime?.getTime(), ctime?.getTime()].join();
  } catch (error) {
    return error instanceof Error ? error.name : "unknown error";
  }
}
