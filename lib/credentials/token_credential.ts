import type { RouteConfig } from "../config/route/route_config.ts";
import { unsetText } from "../config/route/token.ts";
import type { Secret } from "../core/secret.ts";
import { Refusal } from "../http/refusal.ts";
import type { TokenSource } from "../tokens/token_source.ts";
import type { UpstreamRequest } from "../upstream/transport.ts";
import type { Credential } from "./credential.ts";

/** The place in a request that carries a token. */
export interface Placement {
  /** Returns the text that is sent for a token. Computed once per token. */
  textFor(token: Secret): Secret;
  /** Adds the text to a request. */
  add(request: UpstreamRequest, text: Secret): void;
}

/** A credential that consists of the token itself, in one place of the request. */
export class TokenCredential implements Credential {
  readonly #route: RouteConfig;
  readonly #source: TokenSource;
  readonly #placement: Placement;
  /** The token for which the text was computed. */
  #token: Secret | undefined;
  #text: Secret | undefined;

  constructor(route: RouteConfig, source: TokenSource, placement: Placement) {
    this.#route = route;
    this.#source = source;
    this.#placement = placement;
  }

  apply(request: UpstreamRequest): void | Promise<void> {
    const source = this.#source.forRequest?.(request) ?? this.#source;
    const waiting = source.ready?.();
    if (waiting !== undefined) return waiting.then(() => this.#add(request, source));
    this.#add(request, source);
  }

  #add(request: UpstreamRequest, source: TokenSource): void {
    const token = source.current;
    if (token !== this.#token) {
      this.#token = token;
      this.#text = token && this.#placement.textFor(token);
    }
    if (this.#text === undefined) {
      throw new Refusal("token_unset", `${source.describe()} ${unsetText(this.#route)}`);
    }
    this.#placement.add(request, this.#text);
  }
}
