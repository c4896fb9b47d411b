import { SYSTEM_CLOCK } from "../core/clock.ts";
import type { Secret } from "../core/secret.ts";
import { Refusal } from "../http/refusal.ts";
import type { UpstreamRequest } from "../upstream/transport.ts";
import { MintedToken, type MintedTokenOptions } from "./minted_token.ts";
import { type RegistryIssuer, RegistryMinter } from "./registry_minter.ts";
import { scopeFor } from "./registry_scope.ts";
import type { TokenSource, TokenStatus } from "./token_source.ts";

/** How many tokens may be valid at a time: all of them are masked. */
const LIMIT = 500;

/** How long a scope that was refused is not asked for again, in milliseconds: a repository may be new. */
const REFUSED_MS = 60_000;

/** The tokens of a registry of container images: one for each repository, and for what is done with it. */
export class RegistryTokens implements TokenSource {
  readonly #issuer: RegistryIssuer;
  readonly #options: MintedTokenOptions;
  readonly #limit: number;
  readonly #byScope = new Map<string, MintedToken>();
  /** The token for requests that are about no repository. */
  readonly #base: MintedToken;
  /** How often the issuer was asked for tokens that are forgotten. */
  readonly #forgotten = { succeeded: 0, failed: 0 };

  constructor(issuer: RegistryIssuer, options: MintedTokenOptions, limit: number = LIMIT) {
    this.#issuer = issuer;
    this.#options = options;
    this.#limit = limit;
    this.#base = new MintedToken(new RegistryMinter(issuer, ""), options);
  }

  get current(): Secret | undefined {
    return this.#base.current;
  }

  /** Those for repositories too. */
  get former(): readonly Secret[] {
    const others = [...this.#byScope.values()].flatMap(({ current, former }) =>
      current === undefined ? former : [current, ...former]
    );
    return [...this.#base.former, ...others];
  }

  get secrets(): readonly Secret[] {
    return this.#base.secrets;
  }

  describe(): string {
    return this.#base.describe();
  }

  missing(): readonly string[] {
    return this.#base.missing();
  }

  ready(): Promise<void> | undefined {
    return this.#base.ready();
  }

  forRequest({ method, target }: Pick<UpstreamRequest, "method" | "target">): MintedToken {
    const path = typeof target === "string" ? target.replace(/[?#].*$/s, "") : "";
    const scope = scopeFor({ method, path });
    if (scope === "") return this.#base;
    const known = this.#byScope.get(scope) ?? this.#open(scope);
    const failure = known.status().failure;
    const now = (this.#options.clock ?? SYSTEM_CLOCK).wall();
    if (failure !== undefined && now - failure.time >= REFUSED_MS) known.retry();
    return known;
  }

  status(): TokenStatus {
    const all = [this.#base, ...this.#byScope.values()].map((each) => each.status());
    const latest = (times: readonly (number | undefined)[]) => {
      const known = times.filter((time) => time !== undefined);
      return known.length === 0 ? undefined : Math.max(...known);
    };
    const failures = all.flatMap(({ failure }) => failure ?? []);
    return {
      expiry: latest(all.map(({ expiry }) => expiry)),
      renewed: latest(all.map(({ renewed }) => renewed)),
      failure: failures.toSorted((one, other) => other.time - one.time)[0],
      refreshes: {
        succeeded: all.reduce((sum, { refreshes }) => sum + refreshes.succeeded, this.#forgotten.succeeded),
        failed: all.reduce((sum, { refreshes }) => sum + refreshes.failed, this.#forgotten.failed),
      },
    };
  }

  /** Forgets failures, so that the next requests try again at once: the configuration was loaded again. */
  retry(): void {
    this.#issuer.retry();
    for (const each of [this.#base, ...this.#byScope.values()]) each.retry();
  }

  #open(scope: string): MintedToken {
    if (this.#byScope.size >= this.#limit) this.#forgetOver();
    if (this.#byScope.size >= this.#limit) {
      // One that is valid must not be forgotten, since it would not be masked then.
      throw new Refusal("rate_limited", `the limit of ${this.#limit} repositories at a time`, {
        retryAfterS: 60,
      });
    }
    const token = new MintedToken(new RegistryMinter(this.#issuer, scope), this.#options);
    this.#byScope.set(scope, token);
    return token;
  }

  #forgetOver(): void {
    for (const [scope, token] of this.#byScope) {
      if (!token.isOver) continue;
      const { succeeded, failed } = token.status().refreshes;
      this.#forgotten.succeeded += succeeded;
      this.#forgotten.failed += failed;
      this.#byScope.delete(scope);
    }
  }
}
