/**
 * The proxy's own error responses, in one table.
 *
 * The messages are constant except for a short subject that the client may see (the requested path, the name of a
 * variable). Causes go to the log, never into a response.
 *
 * @module
 */

/** How the proxy responds to one kind of refused request. */
interface RefusalSpec {
  readonly status: number;
  /** Returns the message, which may quote the subject. */
  readonly message: (subject: string) => string;
  /** Fields that the status requires. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Whether a retry is pointless; the AI providers' SDKs honor `x-should-retry`. */
  readonly final?: true;
}

const REFUSALS = {
  bad_request: {
    status: 400,
    message: (subject) => `The request cannot be forwarded safely: ${subject}`,
    final: true,
  },
  client_token_required: {
    status: 401,
    message: () => "This proxy requires a client token in place of an API key",
    fields: { "www-authenticate": 'Basic realm="cred-proxy"' },
    // A client that did not send the token would not send it on a retry either. (git first tries without credentials
    // and then with them; it ignores `x-should-retry`.)
    final: true,
  },
  not_allowed: { status: 403, message: (subject) => `This route does not allow ${subject}`, final: true },
  browser_refused: {
    status: 403,
    message: () => 'Requests of web pages are refused; the route must say "browsers": true to allow them',
    final: true,
  },
  no_route: { status: 404, message: (subject) => `No route for "${subject}"`, final: true },
  method_not_forwarded: {
    status: 405,
    message: () => "This method is never forwarded",
    // RFC 9110, section 15.5.6, requires the field. Other methods are forwarded as well.
    fields: { allow: "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS" },
    final: true,
  },
  host_not_served: {
    status: 421,
    message: (subject) =>
      `Not served under the host "${subject}"; use an IP address or a name of one label, or list it in CRED_PROXY_HOSTS`,
    final: true,
  },
  too_large_to_sign: {
    status: 413,
    message: (subject) =>
      `The content is larger than the ${subject} that this route signs; raise its sign_body_limit_mb`,
    final: true,
  },
  // RFC 9110, section 15.5.22, requires an Upgrade field, but a route may serve no protocol to name in it; clients
  // understand the status alone as a request to continue with plain HTTP.
  upgrade_not_served: {
    status: 426,
    message: () => "This change of protocol is not served here; continue with HTTP/1.1",
    // RFC 6455, section 4.4: for a client of another version.
    fields: { "sec-websocket-version": "13" },
  },
  rate_limited: {
    status: 429,
    message: (subject) => `Too many requests: ${subject} is reached; retry later`,
  },
  internal: { status: 500, message: () => "The proxy failed to process this request", final: true },
  token_unset: {
    status: 500,
    message: (subject) => `The token of this route is not set: ${subject}`,
    final: true,
  },
  token_refused: {
    status: 500,
    message: () => "The issuer of this route's token refused to issue it",
    final: true,
  },
  token_unavailable: {
    status: 502,
    message: () => "The issuer of this route's token could not be reached or failed",
  },
  upstream_failed: {
    status: 502,
    message: () => "The upstream could not be reached, or ended the connection without a response",
  },
  upstream_tls_failed: {
    status: 502,
    message: () => "No secure connection to the upstream could be made; the proxy's log says why",
    final: true,
  },
  upstream_reply_refused: {
    status: 502,
    message: () =>
      "The upstream acted on the request, but its response can't be forwarded; the proxy's log says why",
    // A second request would act a second time.
    final: true,
  },
  overloaded: {
    status: 503,
    message: (subject) => `${subject || "Too many requests in flight"}; retry later`,
    fields: { "retry-after": "1" },
  },
  keys_unavailable: {
    status: 503,
    message: () => "The keys that verify the client's token could not be read; retry later",
    fields: { "retry-after": "5" },
  },
  draining: {
    status: 503,
    message: () => "The proxy is shutting down; retry later",
    fields: { "retry-after": "1" },
  },
  upstream_timeout: { status: 504, message: () => "The upstream did not respond in time" },
} as const satisfies Record<string, RefusalSpec>;

/** The values of the field `Cred-Proxy-Error`. */
export type RefusalCode = keyof typeof REFUSALS;

/** Every refusal code. */
export const REFUSAL_CODES = Object.keys(REFUSALS) as readonly RefusalCode[];

/** The maximum number of characters of a subject in a message: a client may request a very long path. */
const SUBJECT_LIMIT = 200;

/** What else there is to a refusal. */
interface RefusalOptions {
  readonly cause?: unknown;
  readonly final?: boolean;
  readonly retryAfterS?: number;
  readonly advice?: string;
  readonly fields?: Readonly<Record<string, string>>;
}

/** The reason for which the proxy itself responds to a request, instead of the upstream. */
export class Refusal extends Error {
  override readonly name = "Refusal";

  /** Whether a retry is pointless in this case, even if the code allows one. */
  readonly final: boolean;

  /** The time after which a retry may succeed, in seconds. */
  readonly retryAfterS: number | undefined;

  /** What the client may do, as the end of the message, or nothing. */
  readonly advice: string;

  /** Fields that replace those of the code. */
  readonly fields: Readonly<Record<string, string>> | undefined;

  /**
   * @param subject What the message is about. The client sees it.
   * @param options `cause`: what happened, for the log only. `final`: whether a retry is pointless. `retryAfterS`: the
   * time after which a retry may succeed, in seconds. `advice`: what the client may do, as the end of the message.
   * `fields`: what replaces the fields of the code.
   */
  constructor(
    readonly code: RefusalCode,
    readonly subject = "",
    { cause, final = false, retryAfterS, advice = "", fields }: RefusalOptions = {},
  ) {
    super(code, { cause });
    this.final = final;
    this.retryAfterS = retryAfterS;
    this.advice = advice;
    this.fields = fields;
  }
}

/**
 * Returns the response to a refused request, in the JSON format from which AI clients display the message.
 *
 * @param id The request's identifier in the log.
 */
export function refusalResponse(refusal: Refusal, method: string, id: string): Response {
  const spec: RefusalSpec = REFUSALS[refusal.code];
  const message = refusalMessage(refusal);
  const body = JSON.stringify({ type: "error", error: { type: `cred_proxy_${refusal.code}`, message } });
  return new Response(method === "HEAD" ? null : body, {
    status: spec.status,
    headers: {
      "content-type": "application/json",
      "cred-proxy-error": refusal.code,
      "cred-proxy-request-id": id,
      ...(spec.final || refusal.final ? { "x-should-retry": "false" } : {}),
      ...spec.fields,
      ...refusal.fields,
      ...(refusal.retryAfterS === undefined ? {} : { "retry-after": String(refusal.retryAfterS) }),
    },
  });
}

/** Returns the message of a refusal's response. */
export function refusalMessage({ code, subject, advice }: Refusal): string {
  return REFUSALS[code].message(subject.slice(0, SUBJECT_LIMIT)) + advice;
}

/** Returns the status of a refusal's response. */
export function refusalStatus(code: RefusalCode): number {
  return REFUSALS[code].status;
}
