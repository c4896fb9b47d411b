/**
 * Every answer that is the proxy's own, in one table.
 *
 * The texts are constant. What may vary is one short subject that the agent knows already or may know (the path it
 * asked for, the name of a variable); a cause goes to the log and never into an answer.
 *
 * @module
 */

interface Kind {
  readonly status: number;
  /** The text for people; `subject` is what it is about. */
  readonly message: (subject: string) => string;
  /** Fields that the status asks for. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Asking again can't help: the AI clients' SDKs obey `x-should-retry`. */
  readonly final?: true;
}

const KINDS = {
  bad_request: {
    status: 400,
    message: (subject) => `The request can't be forwarded safely: ${subject}`,
    final: true,
  },
  client_token_required: {
    status: 401,
    message: () => "This route asks for the client token",
    fields: { "www-authenticate": 'Basic realm="cred-proxy"' },
    // A client that did not show it has another key, or none, and will not find it by asking again. (git does not ask
    // again but for the first time with a key; it does not know the field.)
    final: true,
  },
  not_allowed: { status: 403, message: (subject) => `This route does not allow ${subject}`, final: true },
  no_route: { status: 404, message: (subject) => `No route for "${subject}"`, final: true },
  method_not_forwarded: {
    status: 405,
    message: () => "This method is never forwarded",
    // RFC 9110, section 15.5.6, asks for the list. Any other token passes as well.
    fields: { allow: "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS" },
    final: true,
  },
  // RFC 9110, section 15.5.22, asks for a protocol to change to; there is none, and clients take the status as the
  // sign to go on with plain HTTP.
  upgrade_not_served: { status: 426, message: () => "No other protocol is served here; go on with HTTP/1.1" },
  internal: { status: 500, message: () => "The proxy failed on this request", final: true },
  token_unset: {
    status: 500,
    message: (subject) => `The token of this route is not set: ${subject}`,
    final: true,
  },
  upstream_failed: { status: 502, message: () => "The upstream can't be reached or did not answer in HTTP" },
  overloaded: {
    status: 503,
    message: () => "Too many requests in flight",
    fields: { "retry-after": "1" },
  },
  draining: {
    status: 503,
    message: () => "The proxy is stopping",
    fields: { "retry-after": "1" },
  },
  upstream_timeout: { status: 504, message: () => "The upstream did not answer in time" },
} as const satisfies Record<string, Kind>;

/** The codes of `Cred-Proxy-Error`. */
export type RefusalCode = keyof typeof KINDS;

/** All of them. */
export const REFUSAL_CODES = Object.keys(KINDS) as readonly RefusalCode[];

/** A path that a stranger sent may be long; a message need not be. */
const SUBJECT_LIMIT = 200;

/** Why a request gets no answer from an upstream. */
export class Refusal extends Error {
  override readonly name = "Refusal";

  /** Whether asking again can't help, though the code alone does not say so. */
  readonly final: boolean;

  /**
   * @param code Which of the closed set.
   * @param subject What it is about, fit for the client's eyes.
   * @param options `cause`: what happened, for the log alone; `final`: asking again can't help.
   */
  constructor(
    readonly code: RefusalCode,
    readonly subject = "",
    { cause, final = false }: { cause?: unknown; final?: boolean } = {},
  ) {
    super(code, { cause });
    this.final = final;
  }
}

/**
 * The answer to a refusal, in the shape that the AI clients show to people.
 *
 * @param id What the log calls the request, so that whoever gets the answer can ask about it.
 */
export function refusalResponse(refusal: Refusal, method: string, id: string): Response {
  const kind: Kind = KINDS[refusal.code];
  const message = kind.message(refusal.subject.slice(0, SUBJECT_LIMIT));
  const body = JSON.stringify({ type: "error", error: { type: `cred_proxy_${refusal.code}`, message } });
  return new Response(method === "HEAD" ? null : body, {
    status: kind.status,
    headers: {
      "content-type": "application/json",
      "cred-proxy-error": refusal.code,
      "cred-proxy-request-id": id,
      ...(kind.final || refusal.final ? { "x-should-retry": "false" } : {}),
      ...kind.fields,
    },
  });
}

export function refusalStatus(code: RefusalCode): number {
  return KINDS[code].status;
}
