/**
 * Where a client is run: the service as users run it, its upstreams, and nothing else that responds.
 *
 * @module
 */

import { join } from "@std/path";
import { makeAuthority } from "../support/authority.ts";
import { fromLatin1 } from "../support/bytes.ts";
import { type EgressProxy, startEgressProxy } from "../support/egress_proxy.ts";
import type { Exchange } from "../support/exchange.ts";
import { runMain, type Service, startService } from "../support/service.ts";
import { type Script, startUpstream } from "../support/upstream.ts";
import { startRelay } from "./relay.ts";
import { makeKey } from "./secrets.ts";
import { makeRouteSetup, type RouteSetup } from "./route_table.ts";

/** A request that an upstream received, one character per byte. */
export interface ReceivedRequest {
  readonly host: string;
  readonly method: string;
  readonly target: string;
  readonly head: string;
  readonly body: string;
  /** Whether it had the real credential. */
  readonly authorized: boolean;
}

/** One line of the service's log. */
export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly error?: string;
}

/** A service in front of its upstreams, all on loopback. */
export interface E2eFixture extends AsyncDisposable {
  readonly setup: RouteSetup;
  readonly service: Service;
  /** The clients' key. */
  readonly key: string;
  /** The variable that holds the key, if the service requires a client token. */
  readonly keyVariable: string | undefined;
  /** `http://127.0.0.1:PORT`, as clients are configured. */
  readonly origin: string;
  /** All requests that the upstreams received. */
  readonly received: readonly ReceivedRequest[];
  /** Returns where clients tried to bypass the service, as `host:port`. They were not connected. */
  bypassAttempts(): readonly string[];
  /** A proxy that connects nowhere, for clients that look for one. */
  readonly deadEnd: string;
  /** Returns what the service sent to clients, one character per byte. */
  sentToClients(): string;
  /** Returns the service's log. */
  log(): readonly LoggedRequest[];
  /** Returns what `clients` prints for a route. */
  lines(route: string): Promise<string>;
}

/** The upstreams' scripts by host, for requests with the credential. */
export type Mocks = Readonly<Record<string, Script>>;

/** How to set up a fixture. */
export interface E2eFixtureOptions {
  /** Called once the service's address is known, since some registries' documents name it. */
  readonly mocks: (fixture: Pick<E2eFixture, "origin" | "setup">) => Promise<Mocks>;
  /** Whether clients need a client token. */
  readonly clientToken: boolean;
  /** More variables for the service; an empty one counts as unset. */
  readonly env?: Readonly<Record<string, string>>;
  /** Changes a route that is served; clients are configured with the original. */
  readonly changeRoute?: (route: object) => object;
  /** False makes all upstreams unreachable. */
  readonly reachable?: boolean;
}

const KEY_VARIABLE = "AGENT_KEY";

/** The route table that clients are configured with. */
const UNCHANGED = "unchanged.json";

/** Starts a fixture. The table names the real hosts: the egress proxy connects all of them to the mocks. */
export async function openFixture(options: E2eFixtureOptions): Promise<E2eFixture> {
  await using stack = new AsyncDisposableStack();
  const keyVariable = options.clientToken ? KEY_VARIABLE : undefined;
  const setup = makeRouteSetup(keyVariable);
  const key = makeKey("sentinel");
  const received: ReceivedRequest[] = [];
  let mocks: Mocks = {};

  const authority = await makeAuthority();
  const upstream = stack.use(startUpstream(
    async (exchange) => {
      const host = exchange.field("host") ?? "";
      const credential = setup.required.find((each) => each.host === host);
      const authorized = credential !== undefined && exchange.field(credential.field) === credential.value;
      try {
        await (authorized ? mocks[host] ?? notFound : refuse)(exchange);
        await exchange.drain();
      } finally {
        received.push(record(exchange, host, authorized));
      }
    },
    { tls: await authority.issue(setup.required.map(({ host }) => host)), record: false },
  ));
  const egress = stack.use(startEgressProxy());
  connectTunnels(egress, options.reachable === false ? undefined : upstream.port);
  const deadEnd = stack.use(startEgressProxy());
  connectTunnels(deadEnd, undefined);

  const folder = await Deno.makeTempDir({ prefix: "cred-proxy-e2e-" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const service = stack.use(
    await startService({
      routes: {
        ...setup.table,
        routes: setup.table.routes.map(options.changeRoute ?? ((route) => route)),
      },
      files: { [UNCHANGED]: JSON.stringify(setup.table) },
      env: {
        ...setup.tokens,
        ...keyVariable === undefined ? {} : { [keyVariable]: key },
        HTTPS_PROXY: `http://127.0.0.1:${egress.port}`,
        CRED_PROXY_LOG: "json",
        CRED_PROXY_SOCKET: join(folder, "service.sock"),
        ...options.env,
      },
      ca: authority.pem,
    }),
  );
  const relays = [
    stack.use(startRelay({ port: 0 }, { port: service.port })),
    stack.use(startRelay({ path: join(folder, "agent.sock") }, { path: join(folder, "service.sock") })),
  ];
  const port = `${relays[0]?.port}`;
  const origin = `http://127.0.0.1:${port}`;
  mocks = await options.mocks({ origin, setup });
  const own = stack.move();

  return {
    setup,
    service,
    key,
    keyVariable,
    origin,
    received,
    bypassAttempts: () => deadEnd.heads.map((head) => head.split(" ")[1] ?? head),
    deadEnd: `http://127.0.0.1:${deadEnd.port}`,
    sentToClients: () => relays.map((relay) => relay.sentToClients()).join("\n"),
    log: () => service.stdout().split("\n").filter((line) => line !== "").map((line) => JSON.parse(line)),
    lines: (route) => linesFor(route, service, { port, socket: join(folder, "agent.sock") }),
    [Symbol.asyncDispose]: () => own.disposeAsync(),
  };
}

/** Where clients connect to. */
interface ClientAddress {
  readonly port: string;
  /** The path of the Unix socket. */
  readonly socket: string;
}

async function linesFor(route: string, service: Service, { port, socket }: ClientAddress): Promise<string> {
  const env = {
    ...service.env,
    CRED_PROXY_ROUTES: join(service.folder, UNCHANGED),
    CRED_PROXY_PORT: port,
    CRED_PROXY_SOCKET: socket,
  };
  const { code, stdout, stderr } = await runMain(["clients", route], { env });
  if (code !== 0) throw new Error(`clients ${route} ended with ${code}: ${stderr}`);
  return stdout;
}

/** Makes a proxy open every tunnel to this local port, whatever its host; refuses all if it is undefined. */
function connectTunnels(proxy: EgressProxy, port: number | undefined): void {
  proxy.answerWith(() => "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
  if (port !== undefined) proxy.bringTo({ hostname: "127.0.0.1", port });
}

function record(exchange: Exchange, host: string, authorized: boolean): ReceivedRequest {
  // An exchange keeps no more than this, so the rest could not be checked.
  if (exchange.received.length >= 1024 * 1024) throw new Error("A client sent more than an exchange keeps");
  const { method, target, head } = exchange;
  return { host, method, target, head, body: fromLatin1(exchange.received), authorized };
}

async function refuse(exchange: Exchange): Promise<void> {
  await exchange.drain();
  await exchange.respond(
    401,
    { "Content-Type": "application/json" },
    '{"error":{"message":"The real credential is missing"}}',
  );
}

async function notFound(exchange: Exchange): Promise<void> {
  await exchange.drain();
  await exchange.respond(404, { "Content-Type": "application/json" }, '{"message":"Not Found"}');
}
