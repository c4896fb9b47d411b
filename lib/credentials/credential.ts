import type { UpstreamRequest } from "../upstream/transport.ts";

/** What a route authenticates its requests with. */
export interface Credential {
  /**
   * Adds the credential to a request, as the last step before it is serialised: nothing that the client sent can then
   * touch it. Returns a promise only where it must wait.
   *
   * @throws {Refusal} `token_unset` where there is no token.
   */
  apply(request: UpstreamRequest): void | Promise<void>;
}
