/**
 * A file in which something is kept across restarts, in a folder that several processes may share.
 *
 * @module
 */

import { type Problem, problem } from "../core/result.ts";

/** How long to wait for another process that holds the file, in milliseconds. */
const LOCK_TIMEOUT_MS = 60_000;

const LOCK_INTERVAL_MS = 50;

/** The maximum size of a file, in bytes. */
const SIZE_LIMIT = 256 * 1024;

/** The steps of a write, for tests that end the process at each of them. */
export type WriteStep = "begun" | "written" | "synced" | "renamed";

/** A file whose content is replaced as a whole: after a crash it holds either the old content or the new. */
export class StateFile {
  readonly #folder: string;
  readonly #path: string;
  readonly #onStep: (step: WriteStep) => void;

  /** @param name The file's name in the folder. */
  constructor(folder: string, name: string, onStep: (step: WriteStep) => void = () => {}) {
    this.#folder = folder;
    this.#path = `${folder}/${name}`;
    this.#onStep = onStep;
  }

  /** Returns the content, or undefined if there is no file. */
  async read(): Promise<string | undefined> {
    try {
      const { isFile, size } = await Deno.stat(this.#path);
      if (!isFile || size > SIZE_LIMIT) throw new Error("is not a file of ours");
      return await Deno.readTextFile(this.#path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** Replaces the content. Once it resolves, the content has reached the disk. */
  async write(text: string): Promise<void> {
    const temporary = `${this.#path}.new`;
    this.#onStep("begun");
    {
      using file = await Deno.open(temporary, { write: true, create: true, truncate: true, mode: 0o600 });
      const bytes = new TextEncoder().encode(text);
      for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      this.#onStep("written");
      await file.sync();
    }
    this.#onStep("synced");
    await Deno.rename(temporary, this.#path);
    // The new name has reached the disk only with the folder.
    using folder = await Deno.open(this.#folder);
    await folder.sync();
    this.#onStep("renamed");
  }

  /**
   * Does something while no other process does so with the same file. The system releases the lock when a process ends,
   * however it ends.
   *
   * @throws {Error} If another process holds the file for too long.
   */
  async exclusive<Value>(action: () => Promise<Value>): Promise<Value> {
    using lock = await Deno.open(`${this.#path}.lock`, { write: true, create: true, mode: 0o600 });
    const until = performance.now() + LOCK_TIMEOUT_MS;
    while (!await lock.tryLock(true)) {
      if (performance.now() > until) throw new Error("Another process holds the file");
      await new Promise((resolve) => setTimeout(resolve, LOCK_INTERVAL_MS));
    }
    return await action();
  }
}

/** Checks that files can be kept in a folder, by writing one. */
export async function checkStateFolder(folder: string): Promise<readonly Problem[]> {
  const probe = `${folder}/.probe-${crypto.randomUUID()}`;
  try {
    await Deno.writeTextFile(probe, "", { createNew: true, mode: 0o600 });
    await Deno.remove(probe);
    return [];
  } catch (error) {
    const name = error instanceof Error ? error.name : "unknown error";
    const message =
      `must be a folder that the service can write to, got ${name}; create it for the service's user alone`;
    return [problem("CRED_PROXY_STATE", "permission_denied", message)];
  }
}
