/**
 * A mock issuer of tokens: a token endpoint that each test scripts.
 *
 * @module
 */

import type { Leaf } from "./authority.ts";
import type { Exchange } from "./exchange.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

/** A request for a token, with its parameters. */
export interface TokenRequest {
  readonly exchange: Exchange;
  /** The parameters of a form or of a JSON object. */
  readonly parameters: Readonly<Record<string, string>>;
  /** The number of the request, from 1. */
  readonly number: number;
}

/** What the issuer responds with: members of a JSON object, or a whole response. */
export type TokenAnswer = Readonly<Record<string, unknown>> | {
  readonly status: number;
  readonly fields?: Readonly<Record<string, string>>;
  readonly text: string | Uint8Array;
};

/** A running issuer. */
export interface Issuer extends AsyncDisposable {
  /** Its origin, without a slash at the end. */
  readonly url: string;
  readonly requests: readonly TokenRequest[];
  /** Sets what it responds with from now on. */
  setAnswer(answer: (request: TokenRequest) => TokenAnswer | Promise<TokenAnswer>): void;
}

/** Starts an issuer, which responds to each POST as the function says. */
export function startIssuer(
  answer: (request: TokenRequest) => TokenAnswer | Promise<TokenAnswer>,
  tls?: Leaf,
): Issuer {
  let current = answer;
  const requests: TokenRequest[] = [];
  const upstream: Upstream = startUpstream(async (exchange) => {
    const text = new TextDecoder().decode(await exchange.bodyBytes());
    const isJson = exchange.field("content-type") === "application/json";
    const parameters = isJson ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text));
    const request: TokenRequest = { exchange, parameters, number: requests.length + 1 };
    requests.push(request);
    const given = await current(request);
    if ("status" in given && "text" in given) {
      const { status, fields, text } = given as {
        status: number;
        fields?: Record<string, string>;
        text: string;
      };
      return await exchange.respond(status, { "Content-Type": "text/html", ...fields }, text);
    }
    await exchange.respond(200, { "Content-Type": "application/json" }, JSON.stringify(given));
  }, tls === undefined ? {} : { tls });
  return {
    url: upstream.url,
    requests,
    setAnswer: (next) => void (current = next),
    [Symbol.asyncDispose]: () => upstream.close(),
  };
}
