import { fail } from "../reader/fields.ts";
import type { Result } from "../../core/result.ts";
import { notCovered } from "./environment.ts";

/** Read a file of the configuration; its path is the place of what goes wrong. */
export async function readText(path: string): Promise<Result<string>> {
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      return { ok: false, problems: [notCovered("--allow-read", path)] };
    }
    return fail(path, reason(error));
  }
  try {
    // Strict, unlike Deno.readTextFile, which replaces what it does not understand.
    return { ok: true, value: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    return fail(path, "is not UTF-8");
  }
}

function reason(error: unknown): string {
  if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
    return "no such file";
  }
  if (error instanceof Deno.errors.IsADirectory) return "is a folder, not a file";
  if (error instanceof Deno.errors.PermissionDenied) return "this user may not read the file";
  return `can't be read (${error instanceof Error ? error.name : "unknown error"})`;
}
