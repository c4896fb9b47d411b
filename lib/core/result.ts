/** One thing that is wrong with a configuration: where it is, what was wanted, what was found. Never a secret. */
export interface Problem {
  /** For example `routes[1].auth_scheme` or `CRED_PROXY_PORT`. */
  readonly path: string;
  readonly message: string;
}

/** A value, or everything that is wrong with it. */
export type Result<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problems: readonly Problem[] };
