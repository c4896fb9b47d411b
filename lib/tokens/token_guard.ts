import type { Problem } from "../core/result.ts";
import type { Secret } from "../core/secret.ts";

/** The secrets that files hold, by the files' names as the table spells them. */
export interface SecretFiles {
  source(name: string): { readonly current: Secret | undefined } | undefined;
}

/** Decides which secrets may be used together. */
export interface TokenGuard {
  /** Checks all files, before any of them is used. */
  checkAll(files: SecretFiles): readonly Problem[];
  /**
   * Checks a secret that a file holds from now on.
   *
   * @param files The secrets in use, with the file's former one.
   */
  checkOne(name: string, secret: Secret, files: SecretFiles): readonly Problem[];
}
