import { AdminServer } from "../admin/admin_server.ts";
import type { RouteTable } from "../config/route/route_config.ts";
import type { Settings } from "../config/settings/settings.ts";
import { RequestLog, type Sink } from "../log/request_log.ts";
import { Meters } from "../metrics/meters.ts";
import { createHandler } from "../proxy/handler.ts";
import { InFlightLimiter } from "../proxy/in_flight_limiter.ts";
import { openRouter } from "../proxy/router.ts";
import { Service } from "../proxy/service.ts";
import type { TokenStores } from "../tokens/open_token_source.ts";
import { Deadlines } from "../upstream/deadlines.ts";
import { serveUnixSocket } from "./unix_listener.ts";

export interface ServerOptions extends TokenStores {
  readonly settings: Pick<
    Settings,
    "bind" | "port" | "socket" | "maxInFlight" | "drainMs" | "admin" | "egress"
  >;
  readonly table: RouteTable;
  readonly caCerts: readonly string[];
  readonly sinks: readonly Sink[];
  /** Whether any sink logs who the client is. */
  readonly logsClient: boolean;
}

/** A service that listens. */
export interface Server {
  readonly address: Deno.NetAddr;
  /** The operator's listener; undefined: there is none. */
  readonly adminAddress: Deno.NetAddr | undefined;
  /** Counts what it has done so far. */
  readonly meters: Meters;
  /** Serves another table from the next request on; those in flight end on the one that they began with. */
  reload(table: RouteTable, stores: TokenStores): void;
  /** Rejects new requests; resolves once those in flight have finished, or the time is up. */
  drain(): Promise<void>;
}

/** Listens for clients, and serves until drained. */
export function startServer(options: ServerOptions): Server {
  const { settings, caCerts } = options;
  const meters = new Meters();
  const deadlines = new Deadlines();
  const open = (table: RouteTable, { tokens, files }: TokenStores) =>
    openRouter(table, {
      tokens,
      files,
      caCerts,
      egress: settings.egress,
      deadlines,
      connectionCounts: (route) => meters.connections(route),
    });
  const service = new Service({
    router: open(options.table, options),
    limiter: new InFlightLimiter(settings.maxInFlight),
    log: new RequestLog(options.sinks, options.logsClient),
  });
  const operator = settings.admin && new AdminServer(settings.admin, { service, meters });
  if (operator !== undefined) service.log.addSink((entry) => operator.record(entry));

  const handler = createHandler(service);
  const common = {
    // The caller prints the start line.
    onListen() {},
    // The handler responds to everything itself; for whatever gets here, a response says nothing.
    onError: () => new Response(null, { status: 500 }),
  };
  const server = Deno.serve({ hostname: settings.bind, port: settings.port, ...common }, handler);
  const servers = settings.socket === undefined
    ? [server]
    : [server, serveUnixSocket(settings.socket, common, handler)];
  const admin = operator?.listen(common);
  return {
    address: server.addr,
    adminAddress: admin?.addr,
    meters,
    reload(table, stores) {
      const before = service.router;
      service.router = open(table, stores);
      before.close();
    },
    async drain() {
      const timeout = Promise.withResolvers<void>();
      const timer = setTimeout(timeout.resolve, settings.drainMs);
      // The runtime's own shutdown aborts uploads, so it comes after the drain. Until then a 503 says why.
      await Promise.race([
        service.limiter.drain()
          .then(() => Promise.all(servers.map((each) => each.shutdown())))
          // The operator's listener comes last: until then it says that the service is draining.
          .then(() => admin?.shutdown()),
        timeout.promise,
      ]);
      clearTimeout(timer);
      service.router.close();
    },
  };
}
