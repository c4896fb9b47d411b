import { Operator } from "../admin/admin_server.ts";
import type { Settings } from "../config/settings/settings.ts";
import type { RouteTable } from "../config/route/route_config.ts";
import type { Tokens } from "../config/route/token.ts";
import { Gate } from "../proxy/in_flight_limiter.ts";
import { createHandler } from "../proxy/handler.ts";
import { type Entry, Journal, type Sink } from "../log/request_log.ts";
import { Meters } from "../metrics/meters.ts";
import { openPassages } from "../proxy/route.ts";
import { serveSocket } from "./unix_listener.ts";
import type { TokenFiles } from "../tokens/token_files.ts";
import { Waits } from "../upstream/deadlines.ts";

export interface ServeOptions {
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
  readonly tellsClient: boolean;
}

/** A service that listens. */
export interface Serving {
  readonly address: Deno.NetAddr;
  /** Where the operator's listener is, if there is one. */
  readonly adminAddress: Deno.NetAddr | undefined;
  /** What it has done so far. */
  readonly meters: Meters;
  /** Serves another table from the next request on; those in flight end on the one that they began with. */
  take(table: RouteTable, tokens: Tokens, files: TokenFiles): void;
  /** Takes no more requests and lets those in flight end; resolves when they have, or the time is up. */
  drain(): Promise<void>;
}

/** Listens for the agent, and serves until drained. */
export function startServing(options: ServeOptions): Serving {
  const { settings, caCerts, sinks } = options;
  const gate = new Gate(settings.maxInFlight);
  const meters = new Meters();
  const fixed = {
    caCerts,
    egress: settings.egress,
    waits: new Waits(),
    counts: (route: string) => meters.connections(route),
  };
  let passages = openPassages(options.table, { ...options, ...fixed });
  const watched = {
    gate,
    meters,
    get passages() {
      return passages;
    },
  };
  const operator = settings.admin && new Operator(settings.admin, watched);
  const records = operator === undefined ? sinks : [...sinks, (entry: Entry) => operator.record(entry)];
  const handler = createHandler({
    gate,
    journal: new Journal(records, options.tellsClient),
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
    : [server, serveSocket(settings.socket, common, handler)];
  const admin = operator?.listen(common);
  return {
    address: server.addr,
    adminAddress: admin?.addr,
    meters,
    take(table, tokens, files) {
      const before = passages;
      passages = openPassages(table, { tokens, files, ...fixed });
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
