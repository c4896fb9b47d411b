import { NEVER_FORWARDED } from "../http/methods.ts";
import { Refusal } from "../http/refusal.ts";
import { isHostField } from "../http/served_hosts.ts";
import type { OngoingUpload, UpstreamRequest } from "../upstream/transport.ts";
import { requestFields, upstreamTarget } from "./build_request.ts";
import { withoutParameters } from "../http/query.ts";
import { assertNoBrowser } from "./browser.ts";
import { routeFor } from "./client.ts";
import { assertPolicies } from "./policy.ts";
import { endingConnection, RefusalTurns } from "./refusal_turns.ts";
import { ReceivedFields } from "./received_fields.ts";
import { EXCHANGE } from "./late_exchange.ts";
import { refuse } from "./refuse.ts";
import { framedContent, requestFraming } from "./request_framing.ts";
import type { ConnectionInfo, Service } from "./service.ts";
import { parseTarget } from "./target.ts";
import { assertStillWanted } from "./still_wanted.ts";
import { upstreamRefusal } from "./upstream_refusal.ts";
import { ACCEPT, OFFER } from "./websocket/late_websocket.ts";

/** Responds to a client's request, on any listener. */
export type Handler = (request: Request, info: ConnectionInfo) => Promise<Response>;

/** Returns the handler of a service: the life of a request, from top to bottom. */
export function createHandler(service: Service): Handler {
  const refusals = new RefusalTurns();
  return async function handle(request, info) {
    const { method } = request;
    const headers = new ReceivedFields(request.headers);
    const { router, limiter, budget } = service;
    const span = service.begin({ method, headers }, info);
    let isContentAbandoned = false;
    // Only the first requests of all may have to wait for this.
    const parts = EXCHANGE.ifLoaded ?? await EXCHANGE.load();
    try {
      const host = headers.get("host") ?? "";
      // Which hosts are served tells which routes there are, so who has to authenticate does so first.
      if (!router.isClosed || !isHostField(host)) router.hosts.assertServes(host);
      limiter.assertAccepting();
      if (NEVER_FORWARDED.has(method.toUpperCase())) throw new Refusal("method_not_forwarded");

      const asked = parseTarget(request.url, host, method);
      span.entry.path = asked.path;

      // Before anything that differs between routes, so that a stranger learns of none.
      const upgrade = headers.get("upgrade");
      const offer = upgrade === null ? undefined : await OFFER.load();
      const found = router.authenticate(offer?.presentedFields(headers, asked.query) ?? headers);
      const identity = found instanceof Promise ? await found : found;
      span.identified(identity);
      router.hosts.assertServes(host);

      const matched = router.match(host, asked.path);
      // Before the route's absence is reported, so that a web page does not learn which routes there are either.
      if (!matched?.config.browsers) assertNoBrowser(headers);
      if (matched === undefined) {
        throw new Refusal("no_route", asked.path, { advice: await router.suggest(asked.path) });
      }
      span.matched(matched);
      const route = routeFor(identity, matched);
      // Before the policy, which checks what is forwarded.
      const target = { path: asked.path, query: withoutParameters(asked.query, route.isParameterDropped) };
      const webSocket = offer?.asksForWebSocket(route, { method, headers }) ? offer : undefined;
      assertPolicies(route.policies, { method, target, headers });
      const framing = requestFraming(method, headers);
      const handshake = webSocket?.handshakeFor({ method, headers });
      span.acquire(route.limiter, identity?.client.limiter);
      // Counted before it is awaited, since it may never come.
      const framed = framedContent(request.body, framing, limiter.drainBegun);
      const content = framed instanceof Promise ? await framed : framed;

      const outgoing: UpstreamRequest = {
        method,
        target: upstreamTarget(route.config, target),
        fields: webSocket === undefined || handshake === undefined
          ? requestFields(route.requestFields, { headers, framing: content.framing })
          : webSocket.webSocketFields(route.requestFields, {
            headers,
            handshake,
            browsers: route.config.browsers,
          }),
        framing: content.framing,
        body: content.body,
        onBodySent: (bytes) => void (span.entry.bytesUp += bytes),
        upgrade: webSocket !== undefined,
        isClientGone: () => request.signal.aborted || span.cutReason !== undefined,
        isContentUnwanted: () => span.cutReason === "overloaded",
        onContentAbandoned: () => void (isContentAbandoned = true),
        onAbortable: (abort) => span.onCut(abort),
      };
      parts.rewriteRequestReferences(outgoing.fields, {
        method,
        host,
        route: route.config,
        policies: route.policies,
      });
      const whole = parts.wholeRequest(outgoing);
      const applied = route.credential.apply(outgoing);
      if (applied !== undefined) await applied;
      const sent = route.token.current;
      span.sending(route);

      let hasAnswered = false;
      let upload: OngoingUpload | undefined;
      try {
        span.assertNotCut();
        const response = await route.transport.roundTrip(outgoing);
        if (response.kind === "response") ({ upload } = response);
        assertStillWanted(response, span);
        hasAnswered = true;
        // Nearly no response has any.
        const references = () =>
          new parts.ReferenceRewriter({
            own: route.references,
            others: () => router.referencesFor(identity?.client),
            origin: parts.clientOrigin(host, headers),
            path: asked.path,
          });
        if (response.head.status === 401 && sent !== undefined) route.token.rejected?.(sent);
        if (handshake !== undefined && response.kind === "protocol_change") {
          const { mask } = router;
          const { acceptWebSocket } = await ACCEPT.load();
          return await acceptWebSocket(response, {
            request,
            handshake,
            route,
            references,
            mask,
            span,
            sessions: service.webSockets,
          });
        }
        const { config } = route;
        const fetchWhole = whole && (() => parts.roundTripAgain(whole, route, span));
        const options = { route: config, references, mask: router.mask, span, budget, fetchWhole };
        const responded = parts.respond(response, options);
        return responded instanceof Promise ? await responded : responded;
      } catch (error) {
        // A body that the credential replaced holds memory until it is sent or cancelled.
        if (outgoing.body !== content.body && !outgoing.body?.locked) outgoing.body?.cancel();
        if (upload?.isRead === false && span.cutReason === "overloaded") {
          await upload.abandon();
          isContentAbandoned = true;
        }
        throw upstreamRefusal(error, { method, hasAnswered });
      }
    } catch (error) {
      const response = refuse(error, { method, span, mask: router.mask });
      const isTooMany = refusals.isTooMany(info);
      if (isTooMany && method === "HEAD" && refusals.mustClose()) service.closeIdle();
      // An error in a response does not end the connection of an upload that was read.
      const mustEnd = span.cutReason === "overloaded" && !isContentAbandoned;
      return isTooMany || mustEnd ? endingConnection(response) : response;
    }
  };
}
