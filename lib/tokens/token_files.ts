import type { Problem, Result } from "../core/result.ts";
import type { RouteConfig } from "../config/route/route_config.ts";
import type { Tokens } from "../config/route/token.ts";
import type { Secret } from "../core/secret.ts";
import { SettledWatch } from "../core/settled_watch.ts";
import { readToken, stateOfToken } from "./read_token.ts";
import { TokenSource } from "./token_source.ts";

interface Entry {
  readonly slot: TokenSource;
  readonly watch: SettledWatch;
}

/** The tokens that lie in files. A request reads none: it takes what the last look brought. */
export class TokenFiles {
  /** No file at all. */
  static readonly NONE = new TokenFiles("", new Map(), []);

  readonly #folder: string;
  readonly #entries: ReadonlyMap<string, Entry>;

  private constructor(
    folder: string,
    entries: ReadonlyMap<string, Entry>,
    /** The files whose token is another than what served before. */
    readonly renewed: readonly string[],
  ) {
    this.#folder = folder;
    this.#entries = entries;
  }

  /**
   * Reads all of them. One that does not exist is like a variable that is unset: its routes answer 500 until it comes.
   *
   * @param folder The table's.
   * @param before What served until now: the tokens that it has masked go on being masked.
   */
  static async open(
    folder: string,
    names: Iterable<string>,
    before?: TokenFiles,
  ): Promise<Result<TokenFiles>> {
    const entries = new Map<string, Entry>();
    const problems: Problem[] = [];
    const read = new Map<string, Secret>();
    for (const name of new Set(names)) {
      const state = () => stateOfToken(folder, name);
      const watch = new SettledWatch(state, await state());
      const judged = await readToken(folder, name);
      const slot = before?.slot(name) ?? new TokenSource(undefined);
      if (!judged.ok) problems.push(...judged.problems);
      else if (judged.value !== undefined) read.set(name, judged.value);
      entries.set(name, { slot, watch });
    }
    if (problems.length > 0) return { ok: false, problems };
    const renewed = [...read].filter(([name, token]) => {
      const { slot } = entries.get(name)!;
      const served = slot.current !== undefined;
      return slot.replace(token) && served;
    });
    return { ok: true, value: new TokenFiles(folder, entries, renewed.map(([name]) => name)) };
  }

  /** Where the token of a file is; undefined for a file that was not asked for. */
  slot(name: string): TokenSource | undefined {
    return this.#entries.get(name)?.slot;
  }

  /**
   * Takes what has changed since, once it is whole and valid; until then the old token serves on.
   *
   * @param say Is told of each change, by the file's name, and whether it was taken.
   */
  async look(say: (line: string, taken: boolean) => void): Promise<void> {
    for (const [name, { slot, watch }] of this.#entries) {
      if (!await watch.poll()) continue;
      const judged = await readToken(this.#folder, name);
      if (judged.ok && judged.value !== undefined) {
        if (slot.replace(judged.value)) say(renewedText(name), true);
        continue;
      }
      const [problem] = judged.ok ? [] : judged.problems;
      const rest = slot.current === undefined ? "there is no token yet" : "the old token serves on";
      say(`${name}: ${problem?.message ?? "no such file"}; ${rest}`, false);
    }
  }
}

/** What is said of a file whose token was taken. */
export function renewedText(name: string): string {
  return `${name}: the new token serves from now on`;
}

/** Where a route's token is, be it a variable's or a file's. */
export function tokenSource(
  { tokenEnv, tokenFile }: Pick<RouteConfig, "tokenEnv" | "tokenFile">,
  tokens: Tokens,
  files: TokenFiles,
): TokenSource {
  if (tokenEnv !== undefined) return new TokenSource(tokens.get(tokenEnv));
  return files.slot(tokenFile ?? "") ?? new TokenSource(undefined);
}
