/**
 * Where a client is tried: the service as users run it, the upstreams it knows, and nothing else that answers.
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

/** What an upstream received: a byte a character. */
export interface ReceivedRequest {
  readonly host: string;
  readonly method: string;
  readonly target: string;
  readonly head: string;
  readonly body: string;
  /** Whether it showed the real credential. */
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
  /** The key that clients hold. */
  readonly key: string;
  /** The variable in which they find it, where the service asks for it. */
  readonly keyVariable: string | undefined;
  /** `http://127.0.0.1:PORT`, as clients are told. */
  readonly origin: string;
  /** Everything that the upstreams received. */
  readonly received: readonly ReceivedRequest[];
  /** Where clients wanted to go past the service: `host:port`. They did not get there. */
  bypassAttempts(): readonly string[];
  /** The proxy that leads nowhere, for clients that look for one. */
  readonly deadEnd: string;
  /** What the service sent to clients, a byte a character. */
  sentToClients(): string;
  /** What the service logged. */
  log(): readonly LoggedRequest[];
  /** What `clients` prints for a route. */
  lines(route: string): Promise<string>;
}

/** What upstreams do, by their hosts, for whoever shows the credential. */
export type Mocks = Readonly<Record<string, Script>>;

/** How to set a stage. */
export interface E2eFixtureOptions {
  /** Made when the service's address, which some registries' documents name, is known. */
  readonly mocks: (fixture: Pick<E2eFixture, "origin" | "setup">) => Promise<Mocks>;
  /** Whether clients must show a token of their own. */
  readonly clientToken: boolean;
  /** More variables for the service; an empty one is as good as unset. */
  readonly env?: Readonly<Record<string, string>>;
  /** Changes what is served; clients are told of the routes as they were before. */
  readonly changeRoute?: (route: object) => object;
  /** False: no upstream can be reached. */
  readonly reachable?: boolean;
}

const KEY_VARIABLE = "AGENT_KEY";

/** The route table that clients are told of. */
const UNCHANGED = "unchanged.json";

/** Sets a stage. The table names the real hosts: the egress proxy brings every one of them to the mocks. */
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
    lines: (route) => linesFor(route, service, port, join(folder, "agent.sock")),
    [Symbol.asyncDispose]: () => own.disposeAsync(),
  };
}

async function linesFor(route: string, service: Service, port: string, socket: string): Promise<string> {
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

/** Makes a proxy open every tunnel to this port of the machine, whatever host is asked for; undefined: to none. */
function connectTunnels(proxy: EgressProxy, port: number | undefined): void {
  proxy.answerWith(() => "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
  if (port !== undefined) proxy.bringTo({ hostname: "127.0.0.1", port });
}

function record(exchange: Exchange, host: string, authorized: boolean): ReceivedRequest {
  // More than this is not kept by an exchange, and then not every byte could be looked at.
  if (exchange.received.length >= 1024 * 1024) throw new Error("A trial sent more than is kept of a request");
  const { method, target, head } = exchange;
  return { host, method, target, head, body: fromLatin1(exchange.received), authorized };
}

async function refuse(exchange: Exchange): Promise<void> {
  await exchange.drain();
  await exchange.reply(
    401,
    { "Content-Type": "application/json" },
    '{"error":{"message":"The real credential is missing"}}',
  );
}

async function notFound(exchange: Exchange): Promise<void> {
  await exchange.drain();
  await exchange.reply(404, { "Content-Type": "application/json" }, '{"message":"Not Found"}');
}
