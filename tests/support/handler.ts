/**
 * The handler of a service whose upstreams are functions.
 *
 * @module
 */

import type { RouteTable } from "../../lib/config/route/route_config.ts";
import { parseRoutes } from "../../lib/config/route/route_table.ts";
import { BufferBudget } from "../../lib/upstream/buffer_budget.ts";
import { InFlightLimiter } from "../../lib/proxy/in_flight_limiter.ts";
import { createHandler } from "../../lib/proxy/handler.ts";
import { requestFieldRules } from "../../lib/proxy/build_request.ts";
import { ServedHosts } from "../../lib/http/served_hosts.ts";
import { parameterRule } from "../../lib/proxy/client_query.ts";
import { RouteReferences } from "../../lib/proxy/reference/route_references.ts";
import { TokenHealth } from "../../lib/tokens/token_health.ts";
import { RequestLimiter } from "../../lib/clients/request_limiter.ts";
import { anyClient, type Authenticator } from "../../lib/proxy/client_auth.ts";
import { createRouter } from "../../lib/proxy/router.ts";
import { Service } from "../../lib/proxy/service.ts";
import { openCredential } from "../../lib/credentials/open_credential.ts";
import type { CurrentMask } from "../../lib/mask/table_mask.ts";
import { StoredToken } from "../../lib/tokens/stored_token.ts";
import { Secret } from "../../lib/core/secret.ts";
import { type LogEntry, RequestLog } from "../../lib/log/request_log.ts";
import type { Route } from "../../lib/proxy/route.ts";
import { Deadlines } from "../../lib/upstream/deadlines.ts";
import { Connection } from "../../lib/upstream/connection.ts";
import { ResponseBody } from "../../lib/upstream/response_body.ts";
import { decoderFor } from "../../lib/upstream/decoder.ts";
import { responseFraming } from "../../lib/upstream/response_framing.ts";
import type { UpstreamRequest, UpstreamResponse } from "../../lib/upstream/transport.ts";
import { parseResponseHead } from "../../lib/upstream/response_head.ts";
import { latin1 } from "./bytes.ts";
import { CLIENT_INFO } from "./client_info.ts";
import { valueOf } from "./result.ts";

/** A request to the upstream, and its route. */
interface Sent extends UpstreamRequest {
  readonly route: string;
}

const TABLE: RouteTable = valueOf(parseRoutes(JSON.stringify({
  routes: ["/a/", "/a/b/", "/b/", "/unset/", "/web/"].map((path) => ({
    path,
    upstream: "https://api.test/v1",
    auth_scheme: "Bearer",
    token_env: path === "/unset/" ? "UNSET_TOKEN" : "SET_TOKEN",
    browsers: path === "/web/",
  })),
})));

/** What an upstream sends after a head: pieces, then the connection ends or fails. */
export type Pieces = readonly (string | Error)[];

/** Makes a handler whose upstreams are a function. */
export function handlerFor(
  {
    answer = () => replyOf("HTTP/1.1 204 No Content\r\n\r\n"),
    limit = 10,
    mask = { current: undefined },
    authenticate = anyClient(),
    budget = new BufferBudget(64 * 1024 * 1024),
    logsClient = false,
    credential,
  }: {
    answer?: (request: Sent) => UpstreamResponse | Promise<UpstreamResponse>;
    limit?: number;
    mask?: CurrentMask;
    authenticate?: Authenticator;
    budget?: BufferBudget;
    logsClient?: boolean;
    credential?: Route["credential"];
  } = {},
) {
  const sent: Sent[] = [];
  const entries: LogEntry[] = [];
  const limiter = new InFlightLimiter(limit);
  const routes = TABLE.routes.map((config): Route => {
    const token = new StoredToken(
      config.tokenEnv!,
      config.tokenEnv === "UNSET_TOKEN" ? undefined : Secret.of("canary"),
    );
    return {
      name: config.path,
      config,
      policies: [config],
      limiter: new RequestLimiter("route", config.limits),
      requestFields: requestFieldRules(config),
      isParameterDropped: parameterRule(config),
      token,
      tokenHealth: new TokenHealth(config.path, "A", () => {}),
      credential: credential ?? openCredential(config, token, {
        deadlines: new Deadlines(),
        budget: new BufferBudget(1e6),
      }),
      references: new RouteReferences(config, token),
      transport: {
        roundTrip(request) {
          const one = { ...request, route: config.path };
          sent.push(one);
          return Promise.resolve(one).then(answer);
        },
        close() {},
      },
    };
  });
  const service = new Service({
    router: createRouter(routes, {
      mask,
      authenticate,
      hosts: new ServedHosts([]),
    }),
    limiter,
    log: new RequestLog([(entry) => entries.push({ ...entry })], logsClient),
    budget,
  });
  const handle = createHandler(service);
  /** Sends a plain request, with what the test changes in it. */
  function ask(target: string, init: RequestInit = {}): Promise<Response> {
    return handle(
      new Request(`http://proxy${target}`, { ...init, headers: { host: "proxy", ...init.headers } }),
      CLIENT_INFO,
    );
  }
  return { handle, ask, sent, entries, limiter, service };
}

/** A response whose content is still to come. */
export function replyOf(head: string, pieces: Pieces = []): UpstreamResponse {
  return replyOn(connectionOf(pieces), head);
}

/** A response whose first piece of content came together with the head. */
export async function arrivedReplyOf(head: string, pieces: Pieces): Promise<UpstreamResponse> {
  const connection = connectionOf(pieces);
  await connection.fill();
  return replyOn(connection, head);
}

export function replyOn(connection: Connection, text: string, onEnd = () => {}): UpstreamResponse {
  const head = parseResponseHead(text);
  const framing = responseFraming("GET", head);
  return {
    kind: "response",
    head,
    framing,
    body: new ResponseBody(connection, decoderFor(framing), onEnd),
    reused: true,
  };
}

export function connectionOf(pieces: Pieces): Connection {
  const rest = [...pieces];
  return new Connection({
    read(buffer) {
      const piece = rest.shift();
      if (piece instanceof Error) return Promise.reject(piece);
      if (piece === undefined) return Promise.resolve(null);
      buffer.set(latin1(piece));
      return Promise.resolve(piece.length);
    },
    write: (bytes) => Promise.resolve(bytes.length),
    close() {},
  });
}

export async function codeOf(response: Response): Promise<[number, string | null]> {
  await response.body?.cancel();
  return [response.status, response.headers.get("cred-proxy-error")];
}
