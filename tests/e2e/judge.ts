import type { ClientCase } from "./client_case.ts";

/** What one run of a client showed. */
export interface RunResult {
  /** Expectations that it did not meet. */
  readonly unmet: readonly string[];
  /** Where keys appeared that must not. */
  readonly leaks: readonly string[];
  /** Where it tried to bypass the service, as `host:port`. */
  readonly bypassAttempts: readonly string[];
}

/** The runs of a client: of a service without a client token, and of one that requires it. */
export interface BothRuns {
  readonly open: RunResult;
  readonly guarded: RunResult;
}

/** What became of a client. */
export type ClientOutcome =
  | { readonly kind: "works" | "missing" }
  /** It does not work, as expected; `open`: it works without a client token. */
  | { readonly kind: "limit"; readonly text: string; readonly open: boolean }
  | { readonly kind: "failed"; readonly problems: readonly string[] };

/** Reports whether a client is known not to work, with or without a client token. */
export function isLimited({ knownLimit }: Pick<ClientCase, "knownLimit">, clientToken: boolean): boolean {
  return knownLimit !== undefined && (clientToken || knownLimit.withClientToken !== true);
}

/** Compares what the runs showed with what is known of the client. */
export function judge(
  client: Pick<ClientCase, "knownLimit">,
  { open, guarded }: BothRuns,
): ClientOutcome {
  const { knownLimit } = client;
  const problems = [...open.leaks, ...guarded.leaks];
  for (
    const [run, limited] of [[open, isLimited(client, false)], [guarded, isLimited(client, true)]] as const
  ) {
    if (!limited) problems.push(...run.unmet);
    else if (run.unmet.length === 0) problems.push("is known not to work, but does");
    else if (knownLimit?.host !== undefined && !run.bypassAttempts.includes(`${knownLimit.host}:443`)) {
      problems.push(`did not try to reach ${knownLimit.host}`, ...run.unmet);
    }
  }
  if (problems.length > 0) return { kind: "failed", problems };
  if (knownLimit === undefined) return { kind: "works" };
  return { kind: "limit", text: knownLimit.text, open: knownLimit.withClientToken === true };
}
