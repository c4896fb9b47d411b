import { fail, ok, type Result } from "../core/result.ts";
import { parseTokenFile, TOKEN_FILE_LIMIT } from "../config/route/token_file.ts";
import { fileFingerprint } from "../core/file_fingerprint.ts";
import type { Secret } from "../core/secret.ts";

/** A file in the folder, however many links lead to it. */
interface Located {
  /** A path without links below the folder, within the permission to read the folder. */
  readonly path: string;
  /** Changes with the file and with its content. */
  readonly state: string;
}

/**
 * Reads a token from a file below a folder. Undefined: there is no such file (yet).
 *
 * The permission to read a folder covers whatever its links lead to, wherever that is; so this resolves the links
 * itself, and reads by the path without links.
 */
export async function readToken(folder: string, name: string): Promise<Result<Secret | undefined>> {
  try {
    const located = await locate(folder, name);
    if (located === undefined) return fail(name, "outside_folder", "leads out of the table's folder");
    // Opening a pipe would wait for a writer.
    if (!(await Deno.stat(located.path)).isFile) return fail(name, "not_a_file", "is not a regular file");
    return parseTokenFile(await readUpTo(located.path, TOKEN_FILE_LIMIT + 1), name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return ok(undefined);
    return fail(
      name,
      "unreadable",
      `can't be read (${error instanceof Error ? error.name : "unknown error"})`,
    );
  }
}

/** Returns a text that changes when the file or its content does; the content is not read. */
export async function stateOfToken(folder: string, name: string): Promise<string> {
  try {
    return (await locate(folder, name))?.state ?? "outside";
  } catch (error) {
    return error instanceof Error ? error.name : "unknown error";
  }
}

/** Returns undefined for a file outside of the folder. */
async function locate(folder: string, name: string): Promise<Located | undefined> {
  // A volume of Kubernetes replaces all its files at once, by a link to another folder inside.
  const [root, real] = await Promise.all([Deno.realPath(folder), Deno.realPath(`${folder}/${name}`)]);
  if (!real.startsWith(`${root}/`)) return undefined;
  const path = `${folder}${real.slice(root.length)}`;
  return { path, state: await fileFingerprint(path) };
}

async function readUpTo(path: string, limit: number): Promise<Uint8Array> {
  using file = await Deno.open(path);
  const bytes = new Uint8Array(limit);
  let length = 0;
  while (length < limit) {
    const count = await file.read(bytes.subarray(length));
    if (count === null) break;
    length += count;
  }
  return bytes.subarray(0, length);
}
