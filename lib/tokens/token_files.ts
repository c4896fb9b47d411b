import { isAbsolute } from "../config/route/token_file.ts";
import type { SecretKind, SecretRef } from "../config/route/secret_ref.ts";
import { failAll, ok, type Problem, type Result } from "../core/result.ts";
import type { Secret } from "../core/secret.ts";
import { SettledWatch } from "../core/settled_watch.ts";
import { ChangeCounter } from "./change_counter.ts";
import { type FilePlace, readToken, tokenFingerprint } from "./read_token.ts";
import { StoredToken } from "./stored_token.ts";
import type { TokenGuard } from "./token_guard.ts";

/** A file that holds a secret, and what the secret is used as. */
export type SecretFile = Pick<SecretRef, "name" | "kind">;

interface WatchedToken {
  readonly place: FilePlace;
  readonly kinds: readonly SecretKind[];
  readonly token: StoredToken;
  readonly watch: SettledWatch;
}

/** The tokens from files. Requests use what the last poll read; none of them reads a file. */
export class TokenFiles {
  /** Token files without any file. */
  static readonly NONE = new TokenFiles(new Map(), { changes: new ChangeCounter() });

  readonly #watched: ReadonlyMap<string, WatchedToken>;
  readonly #guard: TokenGuard | undefined;
  /** The count of replaced tokens, across reloads of the table. */
  readonly changes: ChangeCounter;
  /** The files whose token differs from the one that was served before {@linkcode open}. */
  readonly renewed: readonly string[];

  private constructor(
    watched: ReadonlyMap<string, WatchedToken>,
    { changes, renewed = [], guard }: {
      changes: ChangeCounter;
      renewed?: readonly string[];
      guard?: TokenGuard | undefined;
    },
  ) {
    this.#guard = guard;
    this.#watched = watched;
    this.changes = changes;
    this.renewed = renewed;
  }

  /**
   * Reads all files. A missing file is like an unset variable: its routes respond with 500 until it exists.
   *
   * @param folder The table's folder.
   * @param listed The files, with paths that are absolute or relative to the folder. One may be listed several times.
   */
  static async open(
    folder: string,
    listed: Iterable<SecretFile>,
    { before, guard }: OpenOptions = {},
  ): Promise<Result<TokenFiles>> {
    const changes = before?.changes ?? new ChangeCounter();
    const watched = new Map<string, WatchedToken>();
    const problems: Problem[] = [];
    const read = new Map<string, Secret>();
    for (const [name, roles] of Map.groupBy(listed, (file) => file.name)) {
      const kinds = roles.map(({ kind }) => kind);
      const place = placeOf(folder, name);
      const fingerprint = () => tokenFingerprint(place);
      const watch = new SettledWatch(fingerprint, await fingerprint());
      const result = await readToken(place, name, kinds);
      const token = before?.source(name) ?? new StoredToken(`the file ${name}`, undefined, changes);
      if (!result.ok) problems.push(...result.problems);
      else if (result.value !== undefined) read.set(name, result.value);
      watched.set(name, { place, kinds, token, watch });
    }
    if (problems.length > 0) return failAll(problems);
    // Before any token is replaced: those that were served until now may go on being served.
    const clashes = guard?.checkAll({
      source: (name) => ({ current: read.get(name) ?? watched.get(name)?.token.current }),
    }) ?? [];
    if (clashes.length > 0) return failAll(clashes);
    const renewed = [...read].filter(([name, token]) => {
      const { token: stored } = watched.get(name)!;
      const served = stored.current !== undefined;
      return stored.replace(token) && served;
    }).map(([name]) => name);
    return ok(new TokenFiles(watched, { changes, renewed, guard }));
  }

  /** Returns the token of a file, or undefined if no route uses the file. */
  source(name: string): StoredToken | undefined {
    return this.#watched.get(name)?.token;
  }

  /**
   * Loads the files that have changed and settled since the last poll. If a file is invalid, its current token stays.
   *
   * @param report Called for each change, with a line to print and whether the token was loaded.
   */
  async poll(report: (line: string, loaded: boolean) => void): Promise<void> {
    for (const [name, { place, kinds, token, watch }] of this.#watched) {
      if (!await watch.poll()) continue;
      const result = this.#accepted(name, await readToken(place, name, kinds));
      if (result.ok && result.value !== undefined) {
        if (token.replace(result.value)) report(renewedText(name), true);
        continue;
      }
      const [problem] = result.ok ? [] : result.problems;
      const rest = token.current === undefined ? "there is no token yet" : "keeping the current token";
      report(`${name}: ${problem?.message ?? "no such file"}; ${rest}`, false);
    }
  }

  /** Returns what was read from a file, or why it can't be used beside the others. */
  #accepted(name: string, read: Result<Secret | undefined>): Result<Secret | undefined> {
    if (!read.ok || read.value === undefined) return read;
    const problems = this.#guard?.checkOne(name, read.value, this) ?? [];
    return problems.length > 0 ? failAll(problems) : read;
  }
}

/** How files are opened. */
export interface OpenOptions {
  /** What was served until now. Its tokens continue to be masked. */
  readonly before?: TokenFiles | undefined;
  /** Decides which secrets may be used together. */
  readonly guard?: TokenGuard | undefined;
}

/** Returns the folder that a file must not lead out of, and the file's path below it. */
function placeOf(folder: string, name: string): FilePlace {
  if (!isAbsolute(name)) return { folder, file: name };
  const end = name.lastIndexOf("/");
  return { folder: name.slice(0, end), file: name.slice(end + 1) };
}

/** Returns the line to print when a file's token was replaced. */
export function renewedText(name: string): string {
  return `${name}: new token loaded`;
}
