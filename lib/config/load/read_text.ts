import { fail, ok, type Result } from "../../core/result.ts";
import { missingGrant } from "./missing_grant.ts";

/** Reads a UTF-8 file of the configuration. Problems carry the file's path. */
export async function readText(path: string): Promise<Result<string>> {
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(path);
  } catch (error) {
    return failureOf(error, path);
  }
  try {
    // Deno.readTextFile would silently replace invalid bytes.
    return ok(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return fail(path, "invalid_utf8", "is not UTF-8");
  }
}

function failureOf(error: unknown, path: string): Result<never> {
  if (error instanceof Deno.errors.NotCapable) return missingGrant("--allow-read", path);
  if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
    return fail(path, "not_found", "no such file");
  }
  if (error instanceof Deno.errors.IsADirectory) return fail(path, "not_a_file", "is a folder, not a file");
  if (error instanceof Deno.errors.PermissionDenied) {
    return fail(
      path,
      "permission_denied",
      "permission denied; make the file readable for the service's user",
    );
  }
  return fail(path, "unreadable", `can't be read (${error instanceof Error ? error.name : "unknown error"})`);
}
