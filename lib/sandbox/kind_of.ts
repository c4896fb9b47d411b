/** Returns what a path names, without following a link; undefined: nothing. */
export function kindOf(path: string): "folder" | "file" | "link" | undefined {
  try {
    const { isSymlink, isDirectory } = Deno.lstatSync(path);
    return isSymlink ? "link" : isDirectory ? "folder" : "file";
  } catch {
    return undefined;
  }
}
