import { parseJson } from "../config/reader/json.ts";
import { errorText } from "../core/error_text.ts";
import { Secret } from "../core/secret.ts";
import type { ChangeCounter } from "./change_counter.ts";
import type { StateFile } from "./state_file.ts";

/** The maximum number of former refresh tokens that are still masked in responses. */
const FORMER_LIMIT = 4;

/** What a refresh token needs besides its own state. */
export interface RefreshTokenOptions {
  /** Returns the token that the operator gave, if it is set. */
  readonly given: () => Secret | undefined;
  /** Where a token that the issuer replaced is kept; undefined: in memory only. */
  readonly file: StateFile | undefined;
  readonly changes: ChangeCounter;
  /** Prints a line. */
  readonly report: (line: string) => void;
  /** The display name, for lines. */
  readonly name: string;
}

/** A replaced token, and the operator's token from which it descends. */
interface Descendant {
  /** The digest of the operator's token, in hex. */
  readonly given: string;
  readonly token: Secret;
}

/**
 * A refresh token that the issuer may replace with each use.
 *
 * The token in use is the latest that descends from the operator's. Once the operator gives another one, it is that one.
 * A token must not be used by two at once, since an issuer that detects a reuse revokes them all: uses queue up here, and
 * in the file's lock if there is a file.
 */
export class RefreshToken {
  readonly #options: RefreshTokenOptions;
  #latest: Descendant | undefined;
  /** Whether the latest is yet to be written. */
  #unsaved = false;
  #former: readonly Secret[] = [];
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: RefreshTokenOptions) {
    this.#options = options;
  }

  /** The tokens that a response must not reveal, besides the operator's. */
  get secrets(): readonly Secret[] {
    return this.#latest === undefined ? this.#former : [this.#latest.token, ...this.#former];
  }

  /**
   * Uses the token, while nobody else does.
   *
   * @param use Called with the token. Returns the issuer's replacement, if it sent one, which is kept before anything else
   * happens. May be called again with another token, if it reports that this one is invalid.
   */
  use<Value>(
    use: (token: Secret) => Promise<{ value: Value; replacement: Secret | undefined } | "invalid">,
  ): Promise<Value | "invalid"> {
    const { file } = this.#options;
    const turn = () => this.#use(use);
    const result = this.#queue.then(() => file === undefined ? turn() : file.exclusive(turn));
    this.#queue = result.catch(() => {});
    return result;
  }

  async #use<Value>(
    use: (token: Secret) => Promise<{ value: Value; replacement: Secret | undefined } | "invalid">,
  ): Promise<Value | "invalid"> {
    let tried: Secret | undefined;
    for (;;) {
      const given = this.#options.given();
      if (given === undefined) return "invalid";
      const origin = await digestOf(given);
      const token = await this.#latestOf(origin) ?? given;
      if (tried?.reveal() === token.reveal()) return "invalid";
      tried = token;
      const result = await use(token);
      // Somebody may have replaced it in the meantime.
      if (result === "invalid") continue;
      const { value, replacement } = result;
      if (replacement !== undefined && replacement.reveal() !== token.reveal()) {
        await this.#replace(token, { given: origin, token: replacement });
      } else if (this.#unsaved) await this.#save();
      return value;
    }
  }

  /** Returns the latest token that descends from the operator's, after looking for what another process has written. */
  async #latestOf(given: string): Promise<Secret | undefined> {
    if (!this.#unsaved) {
      const stored = await this.#read();
      if (stored !== undefined && stored.token.reveal() !== this.#latest?.token.reveal()) this.#take(stored);
    }
    return this.#latest?.given === given ? this.#latest.token : undefined;
  }

  async #read(): Promise<Descendant | undefined> {
    const { file, name, report } = this.#options;
    try {
      const text = await file?.read();
      if (text === undefined) return undefined;
      const stored = parseDescendant(text);
      if (stored === undefined) report(`${name}: the stored refresh token is damaged and was ignored`);
      return stored;
    } catch (error) {
      report(`${name}: can't read the stored refresh token: ${errorText(error)}`);
      return undefined;
    }
  }

  async #replace(used: Secret, latest: Descendant): Promise<void> {
    this.#keepMasked(used);
    this.#take(latest);
    this.#unsaved = this.#options.file !== undefined;
    await this.#save();
  }

  #take(latest: Descendant): void {
    const before = this.#latest?.token;
    if (before !== undefined) this.#keepMasked(before);
    this.#latest = latest;
    this.#options.changes.increment();
  }

  #keepMasked(token: Secret): void {
    this.#former = [token, ...this.#former.filter((each) => each !== token)].slice(0, FORMER_LIMIT);
  }

  /** Writes the latest token. If that fails, it stays in memory, and is written with the next use. */
  async #save(): Promise<void> {
    const { file, name, report } = this.#options;
    const latest = this.#latest;
    if (file === undefined || latest === undefined) return;
    try {
      await file.write(`${JSON.stringify({ given: latest.given, refresh_token: latest.token.reveal() })}\n`);
      this.#unsaved = false;
    } catch (error) {
      report(
        `${name}: can't store the new refresh token, so a restart would lose it: ${errorText(error)}`,
      );
    }
  }
}

function parseDescendant(text: string): Descendant | undefined {
  const json = parseJson(text, "");
  if (!json.ok || !(json.value.value instanceof Map)) return undefined;
  const [given, token] = [json.value.value.get("given"), json.value.value.get("refresh_token")];
  if (typeof given !== "string" || typeof token !== "string" || token === "") return undefined;
  return { given, token: Secret.of(token) };
}

async function digestOf(secret: Secret): Promise<string> {
  const bytes = new TextEncoder().encode(secret.reveal());
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
