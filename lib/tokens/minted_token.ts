import { secretName, type SecretRef, unsetReason } from "../config/route/secret_ref.ts";
import { type Clock, SYSTEM_CLOCK } from "../core/clock.ts";
import { errorText } from "../core/error_text.ts";
import type { Secret } from "../core/secret.ts";
import { Refusal } from "../http/refusal.ts";
import type { ChangeCounter } from "./change_counter.ts";
import { IssuerError } from "./issuer_error.ts";
import type { Minted, Minter } from "./minter.ts";
import { secretParts } from "./secret_parts.ts";
import type { TokenSource, TokenStatus } from "./token_source.ts";

/** The maximum number of former tokens that are still masked in responses. */
const FORMER_LIMIT = 4;

/** A token is renewed when this share of its life is over, or this long before its end, whichever is later. */
const RENEWAL_SHARE = 0.8;
const RENEWAL_LEAD_MS = 300_000;

/** Services that started together must not renew together: up to this share of the life earlier, or this long. */
const JITTER_SHARE = 0.05;
const JITTER_LIMIT_MS = 60_000;

/** A token is not sent in the last moments of its life, in which it might expire on its way. */
const MARGIN_SHARE = 0.1;
const MARGIN_LIMIT_MS = 10_000;

/** The pause after a failure, in milliseconds; it doubles with each further one, up to the limit. */
const BACKOFF_MS = 1_000;
const BACKOFF_LIMIT_MS = 60_000;

/** The longest pause that an issuer may ask for, in milliseconds. */
const RETRY_AFTER_LIMIT_MS = 300_000;

/** The pause between two renewals because the upstream rejected a token, in milliseconds; it doubles as well. */
const REJECTION_PAUSE_MS = 30_000;
const REJECTION_PAUSE_LIMIT_MS = 600_000;

/** What a minted token needs besides its minter. */
export interface MintedTokenOptions {
  readonly changes: ChangeCounter;
  /** Prints a line. */
  readonly report: (line: string) => void;
  /** Returns the secrets that were in the place of an input before, which a response must not reveal either. */
  readonly formerInputs?: (ref: SecretRef) => readonly Secret[];
  readonly clock?: Clock;
  /** Returns a number from 0 to 1, for the jitter. */
  readonly random?: () => number;
}

/** A point in time by both clocks, whichever comes first. */
interface Instant {
  readonly wall: number;
  readonly ticks: number;
}

/**
 * A token that an issuer issues on demand.
 *
 * It is minted for the first request that needs it, and renewed in the background while the old one is still valid. One
 * exchange with the issuer serves all requests that wait for it. A token that has expired is never used.
 */
export class MintedToken implements TokenSource {
  readonly #minter: Minter;
  readonly #options: MintedTokenOptions;
  readonly #clock: Clock;
  #current: Secret | undefined;
  #former: readonly Secret[] = [];
  /** The last known value of each input. */
  readonly #known: (Secret | undefined)[] = [];
  /** When the current token is to be renewed, and when it must not be used any more. */
  #renewal: Instant | undefined;
  #expiry: Instant | undefined;
  /** When the last of its tokens expires, as the issuer stated. */
  #statedEnd: Instant | undefined;
  /** The expiry that the issuer stated, in milliseconds since 1970. */
  #statedExpiry: number | undefined;
  #renewedAt: number | undefined;
  #refreshes = { succeeded: 0, failed: 0 };
  #flight: Promise<void> | undefined;
  #failure: {
    readonly error: unknown;
    readonly time: number;
    readonly inputs: readonly (Secret | undefined)[];
  } | undefined;
  /** Failures in a row. */
  #failures = 0;
  /** The reading of the ticks until which no attempt is made. */
  #pausedUntil = -Infinity;
  /** Whether the upstream rejected the current token. */
  #rejected = false;
  #rejectionsUntil = -Infinity;
  #rejectionPause = REJECTION_PAUSE_MS;

  constructor(minter: Minter, options: MintedTokenOptions) {
    this.#minter = minter;
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
  }

  /** The token to send after {@linkcode ready}, which takes it away once it has expired. */
  get current(): Secret | undefined {
    return this.#current;
  }

  get former(): readonly Secret[] {
    return this.#former;
  }

  /** Whether no token of it is valid, and none is awaited. */
  get isOver(): boolean {
    return this.#flight === undefined && !this.#isBefore(this.#statedEnd);
  }

  get secrets(): readonly Secret[] {
    const inputs = this.#minter.inputs().flatMap(({ ref, secret }, at) => {
      // A reload may have dropped a file that the table before had.
      const known = this.#known[at] = secret ?? this.#known[at];
      return [known, ...this.#options.formerInputs?.(ref) ?? []].flatMap((each) =>
        each === undefined ? [] : secretParts(ref.kind, each)
      );
    });
    return [...inputs, ...this.#minter.secrets()];
  }

  get label(): string {
    return `${this.#minter.name}#${Math.max(0, this.#refreshes.succeeded - 1)}`;
  }

  describe(): string {
    return this.#minter.name;
  }

  missing(): readonly string[] {
    return this.#minter.inputs().filter(({ secret }) => secret === undefined)
      .map(({ ref }) => `${secretName(ref)} ${unsetReason(ref)}`);
  }

  status(): TokenStatus {
    return {
      expiry: this.#statedExpiry,
      renewed: this.#renewedAt,
      failure: this.#failure && { time: this.#failure.time, text: errorText(this.#failure.error) },
      refreshes: this.#refreshes,
    };
  }

  ready(): Promise<void> | undefined {
    if (this.#isBefore(this.#renewal)) return undefined;
    this.#dropExpired();
    if (this.#current === undefined || this.#rejected) return this.#renewed();
    // The old one is good for a while.
    if (this.#mayTry()) this.#fly().catch(() => {});
    return undefined;
  }

  rejected(token: Secret): void {
    const now = this.#clock.ticks();
    if (token !== this.#current || now < this.#rejectionsUntil) return;
    // A request that is always rejected must not make every other one wait for a new token.
    const isFirst = now > this.#rejectionsUntil + REJECTION_PAUSE_LIMIT_MS;
    this.#rejectionPause = isFirst
      ? REJECTION_PAUSE_MS
      : Math.min(this.#rejectionPause * 2, REJECTION_PAUSE_LIMIT_MS);
    this.#rejectionsUntil = now + this.#rejectionPause;
    this.#rejected = true;
    this.#renewal = undefined;
  }

  /** Forgets a failure, so that the next request tries again at once: the configuration was loaded again. */
  retry(): void {
    this.#failure = undefined;
    this.#failures = 0;
  }

  /** Waits for a new token. @throws {Refusal} If there is none, and the old one can't be used either. */
  async #renewed(): Promise<void> {
    try {
      if (this.#flight === undefined && !this.#mayTry()) throw this.#failure?.error;
      await (this.#flight ?? this.#fly());
    } catch (error) {
      this.#dropExpired();
      // A token that an upstream rejected may be good for other requests.
      if (this.#current !== undefined) return;
      throw refusalFor(error);
    }
    this.#dropExpired();
    if (this.#current === undefined) {
      throw refusalFor(new IssuerError(`${this.#minter.name}: the new token expired before it was used`));
    }
  }

  /** Whether an attempt may help now. */
  #mayTry(): boolean {
    if (this.#flight !== undefined) return false;
    const failure = this.#failure;
    if (failure === undefined) return true;
    const isSame = this.#minter.inputs().every(({ secret }, at) => secret === failure.inputs[at]);
    if (!isSame) return true;
    if (isFinal(failure.error)) return false;
    return this.#clock.ticks() >= this.#pausedUntil;
  }

  /** Starts an exchange with the issuer; there must be none. */
  #fly(): Promise<void> {
    return this.#flight = this.#mint().finally(() => this.#flight = undefined);
  }

  async #mint(): Promise<void> {
    const inputs = this.#minter.inputs();
    const [missing] = this.missing();
    if (missing !== undefined) throw new Refusal("token_unset", missing);
    const began: Instant = { wall: this.#clock.wall(), ticks: this.#clock.ticks() };
    let minted: Minted;
    try {
      minted = await this.#minter.mint();
    } catch (error) {
      this.#failed(error, inputs.map(({ secret }) => secret));
      throw error;
    }
    this.#take(minted, began);
  }

  #take({ token, lifeMs }: Minted, began: Instant): void {
    if (this.#current?.reveal() !== token.reveal()) this.#dropCurrent();
    this.#current = token;
    this.#rejected = false;
    const after = (ms: number): Instant => ({ wall: began.wall + ms, ticks: began.ticks + ms });
    if (lifeMs === undefined) {
      // It is used until the upstream rejects it.
      this.#renewal = this.#expiry = this.#statedEnd = after(Infinity);
      this.#statedExpiry = undefined;
    } else {
      const random = this.#options.random ?? Math.random;
      const early = random() * Math.min(lifeMs * JITTER_SHARE, JITTER_LIMIT_MS);
      this.#renewal = after(Math.max(lifeMs * RENEWAL_SHARE, lifeMs - RENEWAL_LEAD_MS) - early);
      this.#expiry = after(lifeMs - Math.min(lifeMs * MARGIN_SHARE, MARGIN_LIMIT_MS));
      if (!(this.#statedEnd && this.#statedEnd.ticks > began.ticks + lifeMs)) this.#statedEnd = after(lifeMs);
      this.#statedExpiry = began.wall + lifeMs;
    }
    this.#renewedAt = this.#clock.wall();
    this.#refreshes.succeeded++;
    if (this.#failure !== undefined) this.#options.report(`${this.#minter.name}: issued a token again`);
    this.retry();
    this.#options.changes.increment();
  }

  #dropExpired(): void {
    if (!this.#isBefore(this.#expiry)) this.#dropCurrent();
  }

  /** Makes the current token a former one, which a response may still show. */
  #dropCurrent(): void {
    if (this.#current === undefined) return;
    this.#former = [this.#current, ...this.#former].slice(0, FORMER_LIMIT);
    this.#current = undefined;
  }

  #failed(error: unknown, inputs: readonly (Secret | undefined)[]): void {
    this.#failure = { error, inputs, time: this.#clock.wall() };
    this.#refreshes.failed++;
    const asked = error instanceof IssuerError ? error.retryAfterMs ?? 0 : 0;
    const backoff = Math.min(BACKOFF_MS * 2 ** this.#failures, BACKOFF_LIMIT_MS);
    this.#failures++;
    const random = this.#options.random ?? Math.random;
    const pause = Math.max(backoff * (1 - random() / 4), Math.min(asked, RETRY_AFTER_LIMIT_MS));
    this.#pausedUntil = this.#clock.ticks() + pause;
    const next = isFinal(error)
      ? "no further attempt until the configuration or a secret changes"
      : `next attempt in ${Math.ceil(pause / 1000)} s at the earliest`;
    const rest = !this.#isBefore(this.#expiry)
      ? "there is no token"
      : "the current token is valid for a while";
    this.#options.report(`${this.#minter.name}: no new token: ${errorText(error)}; ${rest}; ${next}`);
  }

  #isBefore(instant: Instant | undefined): boolean {
    return instant !== undefined && this.#clock.ticks() < instant.ticks && this.#clock.wall() < instant.wall;
  }
}

/** Whether an attempt with the same configuration and secrets would fail in the same way. */
function isFinal(error: unknown): boolean {
  return error instanceof IssuerError && error.permanent;
}

function refusalFor(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  return isFinal(error)
    ? new Refusal("token_refused", "", { cause: error })
    : new Refusal("token_unavailable", "", { cause: error });
}
