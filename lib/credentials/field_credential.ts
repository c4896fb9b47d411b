import type { RouteConfig } from "../config/route/route_config.ts";
import { unsetText } from "../config/route/token.ts";
import type { Secret } from "../core/secret.ts";
import { Refusal } from "../http/refusal.ts";
import type { TokenSource } from "../tokens/token_source.ts";
import type { UpstreamRequest } from "../upstream/transport.ts";
import type { Credential } from "./credential.ts";
import { credentialValue } from "./credential_value.ts";

/** A credential that is sent in a header field: `Authorization: Bearer …`, `X-Api-Key: …`. */
export class FieldCredential implements Credential {
  readonly #route: RouteConfig;
  readonly #source: TokenSource;
  /** The token for which the value was computed. */
  #token: Secret | undefined;
  /** The field's value, computed once per token. */
  #value: Secret | undefined;

  constructor(route: RouteConfig, source: TokenSource) {
    this.#route = route;
    this.#source = source;
  }

  apply(request: UpstreamRequest): void | Promise<void> {
    const waiting = this.#source.ready?.();
    if (waiting !== undefined) return waiting.then(() => this.#add(request));
    this.#add(request);
  }

  #add(request: UpstreamRequest): void {
    const token = this.#source.current;
    if (token !== this.#token) {
      this.#token = token;
      this.#value = token && credentialValue(this.#route, token);
    }
    if (this.#value === undefined) {
      throw new Refusal("token_unset", `${this.#source.describe()} ${unsetText(this.#route)}`);
    }
    request.fields.push([this.#route.authHeader, this.#value]);
  }
}
