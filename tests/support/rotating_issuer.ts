import { type Issuer, startIssuer, type TokenRequest } from "./issuer.ts";

/** What an issuer does with the refresh token before the current one. */
export type Leniency =
  /** It accepts it until the new one is used, since the client may never have got that. */
  | "grace"
  /** It revokes the login, since somebody may have stolen the token. */
  | "strict";

/** An issuer that replaces the refresh token with each use. */
export interface RotatingIssuer extends Issuer {
  /** The refresh token of the login. */
  readonly first: string;
  /** Whether an access token is the last that was issued. */
  isLatest(accessToken: string): boolean;
  /** Sets what happens before a request is looked at, and after the token was replaced, but before the response. */
  setHooks(hooks: { readonly before?: () => Promise<void>; readonly after?: () => Promise<void> }): void;
}

/** Starts an issuer. @param life How long access tokens are valid, in seconds. */
export function startRotatingIssuer(leniency: Leniency, life = 3600): RotatingIssuer {
  const first = `refresh-${crypto.randomUUID()}`;
  let [current, previous, access] = [first, "", ""];
  let revoked = false;
  let hooks: { readonly before?: () => Promise<void>; readonly after?: () => Promise<void> } = {};
  const issuer = startIssuer(async ({ parameters }: TokenRequest) => {
    await hooks.before?.();
    const given = parameters.refresh_token;
    if (given === previous && leniency === "strict") revoked = true;
    if (revoked || (given !== current && given !== previous)) {
      return { status: 400, text: '{"error":"invalid_grant"}' };
    }
    if (given === current) previous = current;
    current = `refresh-${crypto.randomUUID()}`;
    access = `access-${crypto.randomUUID()}`;
    const answer = { access_token: access, refresh_token: current, expires_in: life };
    await hooks.after?.();
    return answer;
  });
  return {
    url: issuer.url,
    requests: issuer.requests,
    setAnswer: issuer.setAnswer,
    first,
    isLatest: (accessToken) => accessToken === access,
    setHooks: (next) => void (hooks = next),
    [Symbol.asyncDispose]: () => issuer[Symbol.asyncDispose](),
  };
}
