import type { Result } from "../core/result.ts";
import type { Jwt } from "./jwt.ts";
import { KeySet } from "./key_set.ts";

/** Where an issuer's key set is, and how often it is read. */
export interface KeySource {
  /** The display name of the place, for the log. */
  readonly name: string;
  /** How long a key set is used before it is read again, in milliseconds. */
  readonly maxAgeMs: number;
  /** The minimum time between two readings, in milliseconds, however many unknown keys are presented. */
  readonly minIntervalMs: number;
  /** Reads the text of the key set. */
  read(): Promise<Result<string>>;
}

/** The keys of an issuer, which are read again when a token names an unknown one, and from time to time. */
export class IssuerKeys {
  readonly #source: KeySource;
  readonly #report: (line: string) => void;
  #current: KeySet | undefined;
  #text: string | undefined;
  /** When the last reading began, on a monotonic clock, in milliseconds. */
  #readAt = -Infinity;
  #reading: Promise<void> | undefined;
  #failed = false;

  /** @param report Called when a reading fails, and when one succeeds again, with a line for the operator. */
  constructor(source: KeySource, report: (line: string) => void) {
    this.#source = source;
    this.#report = report;
  }

  /**
   * The current key set; undefined until one has been read. It is replaced only by a different one, so that what was
   * verified with it holds as long as it stays.
   */
  get current(): KeySet | undefined {
    return this.#current;
  }

  /** Reads the keys again in the background, if it is time to. */
  renew(now = performance.now()): void {
    if (now - this.#readAt >= this.#source.maxAgeMs) void this.#read(now);
  }

  /** Returns the key set with which to verify a token: one that knows its key, if the issuer has published it. */
  async setFor(jwt: Jwt): Promise<KeySet | undefined> {
    const now = performance.now();
    if (this.#reading !== undefined && this.#current === undefined) await this.#reading;
    const isKnown = this.#current?.knows(jwt) === true;
    if (!isKnown && (this.#reading !== undefined || now - this.#readAt >= this.#source.minIntervalMs)) {
      await this.#read(now);
    }
    this.renew(now);
    return this.#current;
  }

  #read(now: number): Promise<void> {
    this.#readAt = this.#reading === undefined ? now : this.#readAt;
    return this.#reading ??= this.#load().finally(() => this.#reading = undefined);
  }

  async #load(): Promise<void> {
    const text = await this.#source.read();
    if (text.ok && text.value === this.#text) return this.#succeed();
    const set = text.ok ? await KeySet.parse(text.value, this.#source.name) : text;
    if (!set.ok) {
      const rest = this.#current === undefined ? "its tokens can't be verified" : "keeping the current keys";
      this.#failed = true;
      return this.#report(`${this.#source.name}: ${set.problems[0]?.message}; ${rest}`);
    }
    this.#text = text.ok ? text.value : undefined;
    this.#current = set.value;
    this.#succeed();
  }

  #succeed(): void {
    if (this.#failed) this.#report(`${this.#source.name}: the keys were read`);
    this.#failed = false;
  }
}
