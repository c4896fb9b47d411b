import { fail, ok, type Result } from "../../core/result.ts";
import type { Secret } from "../../core/secret.ts";
import { looksLikeKey } from "../reader/plain_name.ts";
import { parseSecret, type SecretKind } from "./secret_ref.ts";

/** The maximum size of a token file, in bytes. A larger file can't be a token. */
export const TOKEN_FILE_LIMIT = 64 * 1024;

/** A path segment that needs no quoting in a shell, flag or log. */
const SEGMENT = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * Parses the path of a token file: relative to the table's folder, or absolute. The token itself may have been pasted there.
 */
export function parseTokenFilePath(text: string, path: string): Result<string> {
  const segments = text.replace(/^\//, "").split("/");
  const isPlain = segments.every((segment) =>
    SEGMENT.test(segment) && segment !== "." && segment !== ".." && !segment.split(".").some(looksLikeKey)
  );
  if (!isPlain) {
    return fail(
      path,
      "invalid_path",
      "must be the path of a file, absolute or below the table's folder, of letters, digits and ._- (the value is not shown)",
    );
  }
  // The permission to read a file's folder is granted, since whoever replaces a file does so within its folder.
  if (isAbsolute(text) && segments.length === 1) {
    return fail(
      path,
      "invalid_path",
      "must not be directly below /, since the service may read the file's whole folder (the value is not shown)",
    );
  }
  return ok(text);
}

/** Reports whether the path of a token file is absolute. */
export function isAbsolute(tokenFile: string): boolean {
  return tokenFile.startsWith("/");
}

/** Returns the folders of all token files outside of the table's folder, sorted and without duplicates. */
export function tokenFolders(files: readonly string[]): readonly string[] {
  const folders = files.filter(isAbsolute).map((file) => file.slice(0, file.lastIndexOf("/")));
  return [...new Set(folders)].toSorted();
}

/**
 * Parses the content of a file that holds a secret. A final newline, as editors and `echo` write it, is not part of it.
 *
 * @param path The file's path, as the table spells it.
 * @param kinds What the secret is used as.
 */
export function parseTokenFile(
  bytes: Uint8Array,
  path: string,
  kinds: readonly SecretKind[] = ["token"],
): Result<Secret> {
  if (bytes.length > TOKEN_FILE_LIMIT) {
    return fail(path, "too_large", `is larger than ${TOKEN_FILE_LIMIT / 1024} KiB, so it can't be a token`);
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return fail(path, "invalid_utf8", "is not UTF-8 (the value is not shown)");
  }
  const token = parseSecret(text.replace(/\r?\n$/, ""), path, kinds);
  if (!token.ok) return token;
  return token.value === undefined ? fail(path, "empty", "is empty") : ok(token.value);
}
