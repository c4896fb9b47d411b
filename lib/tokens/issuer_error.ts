/** How a failure to obtain a token is handled. */
export interface IssuerErrorOptions {
  /** Whether it persists until somebody changes the configuration, so that a retry can't help. */
  readonly permanent?: boolean;
  /** The time after which the issuer wants to be asked again, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** The error code of RFC 6749, section 5.2, if the issuer sent one. */
  readonly oauthCode?: string | undefined;
  readonly cause?: unknown;
}

/** The failure to obtain a token. Its message holds nothing that the issuer sent but a status and a known error code. */
export class IssuerError extends Error {
  override readonly name = "IssuerError";
  readonly permanent: boolean;
  readonly retryAfterMs: number | undefined;
  readonly oauthCode: string | undefined;

  constructor(
    message: string,
    { permanent = false, retryAfterMs, oauthCode, cause }: IssuerErrorOptions = {},
  ) {
    super(message, cause === undefined ? {} : { cause });
    this.permanent = permanent;
    this.retryAfterMs = retryAfterMs;
    this.oauthCode = oauthCode;
  }
}
