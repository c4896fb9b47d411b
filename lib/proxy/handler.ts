import { errorText } from "../core/error_text.ts";
import { routeName } from "../config/route/route_config.ts";
import { tokenName, unsetText } from "../config/route/token.ts";
import { assertPolicy } from "./policy.ts";
import { requireClientToken } from "./client_auth.ts";
import { matchHost, matchPrefix, upstreamTarget } from "./match.ts";
import { NEVER_FORWARDED } from "../http/methods.ts";
import { Refusal, refusalResponse, refusalStatus } from "../http/refusal.ts";
import { assertNoUnframedContent, hasContent, requestFraming } from "./request_framing.ts";
import type { RequestFraming } from "../http/framing.ts";
import { requestHead } from "./request_head.ts";
import { parseTarget } from "./target.ts";
import { assertNoUpgrade } from "./upgrade.ts";
import type { InFlightLimiter } from "./in_flight_limiter.ts";
import type { LogEntry, Outcome, RequestLog } from "../log/request_log.ts";
import type { Mask } from "../mask/mask.ts";
import type { Route } from "./route.ts";
import { respond } from "./respond.ts";
import { ClientDisconnected, isPermanent, UpstreamTimeout } from "../upstream/errors.ts";

export interface Service {
  /** Longest prefix first. */
  readonly passages: readonly Route[];
  readonly gate: InFlightLimiter;
  readonly journal: RequestLog;
}

/** Answers a request of the agent, whichever way it came in. */
export type Handler = (
  request: Request,
  info: Pick<Deno.ServeHandlerInfo<Deno.Addr>, "remoteAddr">,
) => Promise<Response>;

/** The life of a request, from top to bottom. */
export function createHandler(service: Service): Handler {
  return async function handle(request, info) {
    const { method, headers } = request;
    const entry = service.journal.begin(request, info);
    let inFlight = false;
    try {
      service.gate.assertAccepting();
      if (NEVER_FORWARDED.has(method.toUpperCase())) throw new Refusal("method_not_forwarded");

      const host = headers.get("host");
      const target = parseTarget(request.url, host, method);
      entry.path = target.path;

      const passage = matchHost(service.passages, host ?? "") ?? matchPrefix(service.passages, target.path);
      if (passage === undefined) throw new Refusal("no_route", target.path);
      const { route, credential } = passage;
      entry.route = routeName(route);
      entry.upstream = route.upstream.authority;

      requireClientToken(passage.clientToken, headers);
      assertPolicy(route, method, target, headers);
      assertNoUpgrade(headers.get("upgrade"));
      const framing = requestFraming(method, headers);
      if (request.body !== null) await assertNoUnframedContent(framing, request.body);
      if (credential === undefined) {
        throw new Refusal("token_unset", `${tokenName(route)} ${unsetText(route)}`);
      }
      service.gate.acquire();
      inFlight = true;

      const head = requestHead(
        passage.rules,
        method,
        upstreamTarget(route.upstream.base, route.path, target.path, target.query),
        headers,
        headers.get("connection"),
        framing,
        credential,
      );
      return await forward(
        passage,
        route.scrub ? passage.mask : undefined,
        request,
        head,
        framing,
        entry,
        (outcome) => {
          inFlight = false;
          service.gate.release();
          service.journal.end(entry, outcome);
        },
      );
    } catch (error) {
      if (inFlight) service.gate.release();
      return refuse(service, error, method, entry);
    }
  };
}

/** The exchange with the upstream: what fails in here is the upstream's side. */
async function forward(
  passage: Route,
  mask: Mask | undefined,
  request: Request,
  head: string,
  framing: RequestFraming,
  entry: LogEntry,
  ended: (outcome: Outcome) => void,
): Promise<Response> {
  const { method } = request;
  const content = hasContent(framing) ? request.body : null;
  try {
    const answer = await passage.leg.roundTrip({
      method,
      head,
      framing,
      content,
      sent: (bytes) => void (entry.bytesUp += bytes),
      gone: () => request.signal.aborted,
    });
    entry.reused = answer.reused;
    entry.firstByteMs = performance.now() - entry.began;
    return await respond(passage, mask, answer, entry, ended);
  } catch (error) {
    const code = error instanceof UpstreamTimeout ? "upstream_timeout" : "upstream_failed";
    throw new Refusal(code, "", error, isPermanent(error));
  }
}

/** The answer to whatever stopped a request; its cause goes into the journal alone. */
function refuse(service: Service, error: unknown, method: string, entry: LogEntry): Response {
  const refusal = error instanceof Refusal ? error : new Refusal("internal", "", error);
  if (refusal.cause instanceof ClientDisconnected) {
    // Nobody is there to read it.
    service.journal.end(entry, "client_aborted");
    return refusalResponse(refusal, method, entry.id);
  }
  entry.error = refusal.code;
  entry.status = refusalStatus(refusal.code);
  if (refusal.cause !== undefined) entry.cause = masked(errorText(refusal.cause), service.passages);
  service.journal.end(entry, "complete");
  return refusalResponse(refusal, method, entry.id);
}

/** No message that is written holds a secret; but not every message that gets here was written by us. */
function masked(text: string, passages: readonly Route[]): string {
  // They all have the one mask of the table.
  return passages[0]?.mask?.maskText(text) ?? text;
}
