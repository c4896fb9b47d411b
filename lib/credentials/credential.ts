import type { UpstreamRequest } from "../upstream/transport.ts";

/** The means by which a route authenticates its requests. */
export interface Credential {
  /**
   * Adds the credential to a request, as the last step before serialization, so that nothing from the client can affect
   * it. Returns a promise only if it has to wait.
   *
   * @throws {Refusal} `token_unset` if there is no token.
   */
  apply(request: UpstreamRequest): void | Promise<void>;
}
