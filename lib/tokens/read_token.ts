import { fail, ok, type Result } from "../core/result.ts";
import type { SecretKind } from "../config/route/secret_ref.ts";
import { isAbsolute, parseTokenFile, TOKEN_FILE_LIMIT } from "../config/route/token_file.ts";
import { fileFingerprint } from "../core/file_fingerprint.ts";
import type { Secret } from "../core/secret.ts";

/** Where a token file is. */
export interface FilePlace {
  /** The folder, which the file's links must not lead out of. */
  readonly folder: string;
  /** The file's path, relative to the folder. */
  readonly file: string;
}

/** A file below the folder, with all links resolved. */
interface Located {
  /** The path below the folder without links, which the permission to read the folder covers. */
  readonly path: string;
  /** The {@linkcode fileFingerprint}. */
  readonly fingerprint: string;
}

/**
 * Reads a secret from a file below a folder. The value is undefined if the file does not exist.
 *
 * Permission to read a folder extends to the targets of its links, wherever those are. So this resolves links itself,
 * and rejects a file whose target is outside the folder.
 *
 * @param name The file's path as the table spells it, for problems.
 */
export async function readToken(
  place: FilePlace,
  name: string,
  kinds: readonly SecretKind[] = ["token"],
): Promise<Result<Secret | undefined>> {
  try {
    const located = await locate(place);
    if (located === undefined) {
      const folder = isAbsolute(name) ? "its folder" : "the table's folder";
      return fail(name, "outside_folder", `leads out of ${folder}`);
    }
    // Opening a named pipe would block until there is a writer.
    if (!(await Deno.stat(located.path)).isFile) return fail(name, "not_a_file", "is not a regular file");
    return parseTokenFile(await readUpTo(located.path, TOKEN_FILE_LIMIT + 1), name, kinds);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return ok(undefined);
    return fail(
      name,
      "unreadable",
      `can't be read (${error instanceof Error ? error.name : "unknown error"})`,
    );
  }
}

/** Returns a string that changes when the file or its content does. Does not read the content. */
export async function tokenFingerprint(place: FilePlace): Promise<string> {
  try {
    return (await locate(place))?.fingerprint ?? "outside";
  } catch (error) {
    return error instanceof Error ? error.name : "unknown error";
  }
}

/** Resolves the links to a file. Returns undefined if it is outside the folder. */
async function locate({ folder, file }: FilePlace): Promise<Located | undefined> {
  // A Kubernetes volume replaces all of its files at once, by pointing a link at another folder inside it.
  const [root, real] = await Promise.all([Deno.realPath(folder), Deno.realPath(`${folder}/${file}`)]);
  if (!real.startsWith(`${root}/`)) return undefined;
  const path = `${folder}${real.slice(root.length)}`;
  return { path, fingerprint: await fileFingerprint(path) };
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
