import { AdminServer } from "../admin/admin_server.ts";
import type { Settings } from "../config/settings/settings.ts";
import type { RouteTable } from "../config/route/route_config.ts";
import type { Tokens } from "../config/route/token.ts";
import { InFlightLimiter } from "../proxy/in_flight_limiter.ts";
import { createHandler } from "../proxy/handler.ts";
import { type LogEntry, RequestLog, type Sink } from "../log/request_log.ts";
import { Meters } from "../metrics/meters.ts";
import { openRoutes } from "../proxy/route.ts";
import { serveUnixSocket } from "./unix_listener.ts";
import type { TokenFiles } from "../tokens/token_files.ts";
import { Deadlines } from "../upstream/deadlines.ts";

export interface ServerOptions {
  readonly settings: Pick<
    Settings,
    "bind" | "port" | "socket" | "maxInFlight" | "drainMs" | "admin" | "egress"
  >;
  readonly table: RouteTable;
  readonly tokens: Tokens;
  readonly files: TokenFiles;
  readonly caCerts: readonly string[];
  readonly sinks: readonly Sink[];
  /** Whether any of them tells who asked. */
  readonly logsClient: boolean;
}

/** A service that listens. */
export interface Server {
  readonly address: Deno.NetAddr;
  /** Where the operator's listener is, if there is one. */
  readonly adminAddress: Deno.NetAddr | undefined;
  /** What it has done so far. */
  readonly meters: Meters;
  /** Serves another table from the next request on; those in flight end on the one that they began with. */
  reload(table: RouteTable, tokens: Tokens, files: TokenFiles): void;
  /** Takes no more requests and lets those in flight end; resolves when they have, or the time is up. */
  drain(): Promise<void>;
}

/** Listens for the agent, and serves until drained. */
export function startServer(options: ServerOptions): Server {
  const { settings, caCerts, sinks } = options;
  const gate = new InFlightLimiter(settings.maxInFlight);
  const meters = new Meters();
  const fixed = {
    caCerts,
    egress: settings.egress,
    waits: new Deadlines(),
    counts: (route: string) => meters.connections(route),
  };
  let passages = openRoutes(options.table, { ...options, ...fixed });
  const watched = {
    gate,
    meters,
    get passages() {
      return passages;
    },
  };
  const operator = settings.admin && new AdminServer(settings.admin, watched);
  const records = operator === undefined ? sinks : [...sinks, (entry: LogEntry) => operator.record(entry)];
  const handler = createHandler({
    gate,
    journal: new RequestLog(records, options.logsClient),
    get passages() {
      return passages;
    },
  });
  const common = {
    // The start line is the caller's to print.
    onListen() {},
    // The handler answers everything itself; whatever gets here is answered without a word about it.
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
    reload(table, tokens, files) {
      const before = passages;
      passages = openRoutes(table, { tokens, files, ...fixed });
      for (const { leg } of before) leg.close();
    },
    async drain() {
      const up = Promise.withResolvers<void>();
      const timer = setTimeout(up.resolve, settings.drainMs);
      // The runtime's own shutdown ends uploads that are under way, so it comes last. Until then a 503 says why.
      await Promise.race([
        gate.drain()
          .then(() => Promise.all(servers.map((each) => each.shutdown())))
          // Last of all: until then it says that the service is draining.
          .then(() => admin?.shutdown()),
        up.promise,
      ]);
      clearTimeout(timer);
      for (const { leg } of passages) leg.close();
    },
  };
}
