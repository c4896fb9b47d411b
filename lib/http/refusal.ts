/**
 * Every response of the proxy's own, in one table.
 *
 * The messages are constant, but for one short subject that the client knows or may know (the requested path, the name
 * of a variable); a cause goes to the log and never into a response.
 *
 * @module
 */

interface Kind {
  readonly status: number;
  /** The message for people; `subject` is what it is about. */
  readonly message: (subject: string) => string;
  /** Fields that the status requires. */
  readonly fields?: Readonly<Record<string, string>>;
  /** A retry cannot help: the SDKs of the AI providers obey `x-should-retry`. */
  readonly final?: true;
}

const KINDS = {
  bad_request: {
    status: 400,
    message: (subject) => `The request cannot be forwarded safely: ${subject}`,
    final: true,
  },
  client_token_required: {
    status: 401,
    message: () => "This route requires the client token in place of an API key",
    fields: { "www-authenticate": 'Basic realm="cred-proxy"' },
    // A client that did not send it has another key, or none, and a retry will not find it. (git first tries without a
    // key and retries with one; it ignores this field.)
    final: true,
  },
  not_allowed: { status: 403, message: (subject) => `This route does not allow ${subject}`, final: true },
  no_route: { status: 404, message: (subject) => `No route for "${subject}"`, final: true },
  method_not_forwarded: {
    status: 405,
    message: () => "This method is never forwarded",
    // RFC 9110, section 15.5.6, requires a list. Any other method is forwarded as well.
    fields: { allow: "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS" },
    final: true,
  },
  // RFC 9110, section 15.5.22, requires the name of a protocol; there is none, and clients take the status as the sign
  // to continue with plain HTTP.
  upgrade_not_served: {
    status: 426,
    message: () => "Protocol upgrades are not supported; continue with HTTP/1.1",
  },
  internal: { status: 500, message: () => "The proxy failed to process this request", final: true },
  token_unset: {
    status: 500,
    message: (subject) => `The token of this route is not set: ${subject}`,
    final: true,
  },
  upstream_failed: {
    status: 502,
    message: () => "The upstream could not be reached or sent an invalid response",
  },
  overloaded: {
    status: 503,
    message: () => "Too many requests in flight; retry later",
    fields: { "retry-after": "1" },
  },
  draining: {
    status: 503,
    message: () => "The proxy is shutting down; retry later",
    fields: { "retry-after": "1" },
  },
  upstream_timeout: { status: 504, message: () => "The upstream did not respond in time" },
} as const satisfies Record<string, Kind>;

/** The values of the field `Cred-Proxy-Error`. */
export type RefusalCode = keyof typeof KINDS;

/** All of them. */
export const REFUSAL_CODES = Object.keys(KINDS) as readonly RefusalCode[];

/** How many characters of a subject are shown: a path from a stranger may be long. */
const SUBJECT_LIMIT = 200;

/** Why the proxy responds itself, instead of the upstream. */
export class Refusal extends Error {
  override readonly name = "Refusal";

  /** Whether a retry cannot help, though the code alone does not say so. */
  readonly final: boolean;

  /**
   * @param subject What it is about. The client sees it.
   * @param options `cause`: what happened, for the log alone. `final`: a retry cannot help.
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
 * Returns the response to a refused request, in the shape from which AI clients show the message to people.
 *
 * @param id The request's identifier in the log, so that people can ask about it.
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

/** Returns the status of a refusal's response. */
export function refusalStatus(code: RefusalCode): number {
  return KINDS[code].status;
}
