import { RequestLimiters } from "../clients/request_limiter.ts";
import type { RouteTable } from "../config/route/route_config.ts";
import type { Settings } from "../config/settings/settings.ts";
import { printError } from "../log/print.ts";
import { RequestLog, type Sink } from "../log/request_log.ts";
import { TableMask } from "../mask/table_mask.ts";
import { Meters } from "../metrics/meters.ts";
import { folderOf } from "../permissions/permissions.ts";
import { createHandler } from "../proxy/handler.ts";
import { InFlightLimiter } from "../proxy/in_flight_limiter.ts";
import { EXCHANGE } from "../proxy/late_exchange.ts";
import { openRouter } from "../proxy/router.ts";
import { endRevoked } from "../proxy/revocation.ts";
import { Service } from "../proxy/service.ts";
import type { UnseenInput } from "../proxy/unseen_input.ts";
import { TokenHealths } from "../tokens/token_health.ts";
import type { TokenStores } from "../tokens/open_token_source.ts";
import { BufferBudget } from "../upstream/buffer_budget.ts";
import { Deadlines } from "../upstream/deadlines.ts";
import { UnfinishedUploads } from "../upstream/unfinished_uploads.ts";
import { DescriptorReserve } from "./descriptor_reserve.ts";
import { type Listener, Listeners } from "./listeners.ts";

/**
 * How long connections may take to close once no request is in flight, in milliseconds: time for a client to read the
 * last of a response. An HTTP/2 client that answers nothing keeps its connection open for ever.
 */
const CLOSING_MS = 3_000;

/** What a server serves, and how. */
export interface ServerOptions extends TokenStores {
  readonly settings: Pick<
    Settings,
    | "bind"
    | "port"
    | "socket"
    | "maxInFlight"
    | "bufferBytes"
    | "drainMs"
    | "admin"
    | "egress"
    | "routesPath"
    | "hosts"
  >;
  readonly table: RouteTable;
  /** Authorities trusted in addition to the built-in ones, in PEM. */
  readonly caCerts: readonly string[];
  readonly sinks: readonly Sink[];
  /** Whether any sink logs the client. */
  readonly logsClient: boolean;
}

/** A running service. */
export interface Server {
  /** The address of the clients' listener, unless there is only the socket. */
  readonly address: Deno.NetAddr | undefined;
  /** The address of the operator's listener, if there is one. */
  readonly adminAddress: Deno.NetAddr | undefined;
  /** The counters of the metrics. */
  readonly meters: Meters;
  /** Serves new requests with another table; requests in flight finish with the one that they started with. */
  reload(table: RouteTable, stores: TokenStores): Promise<void>;
  /** Ends the requests in flight of clients that the table does not serve any more. A reload does so as well. */
  endRevoked(): void;
  /**
   * Loads what the first response needs, makes the mask, and begins to guard the descriptors and the memory that clients
   * can use up. Only once it listens: the start would take half as long again, since there are hundreds of regions to
   * index, and the runtime loads its timers.
   */
  warm(): Promise<void>;
  /** Rejects new requests; resolves once those in flight have finished, or after the drain time. */
  drain(): Promise<void>;
}

/** Starts listening, and serves until drained. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { settings, caCerts } = options;
  const meters = new Meters();
  const deadlines = new Deadlines();
  // A listener is served under the name that it is bound to: `healthcheck` asks for that.
  const hosts = [...settings.hosts, settings.bind, ...(settings.admin ? [settings.admin.host] : [])];
  const limiters = new RequestLimiters();
  const tokenHealths = new TokenHealths(printError);
  const reserve = new DescriptorReserve(settings.routesPath);
  const listeners = new Listeners(reserve);
  const mask = new TableMask();
  const limiter = new InFlightLimiter(settings.maxInFlight);
  const budget = new BufferBudget(settings.bufferBytes, () => limiter.inFlight);
  const unfinishedUploads = new UnfinishedUploads();
  const open = (table: RouteTable, stores: TokenStores) =>
    openRouter(table, {
      mask,
      ...stores,
      caCerts,
      egress: settings.egress,
      hosts,
      deadlines,
      budget,
      folder: folderOf(settings.routesPath),
      limiters,
      tokenHealths,
      report: printError,
      unfinishedUploads,
      mayConnect: () => reserve.spares,
      connectionCounts: (route) => meters.connections(route),
    });
  const service = new Service({
    router: await open(options.table, options),
    limiter,
    log: new RequestLog(options.sinks, options.logsClient),
    budget,
  });
  let current = options.table;
  let { port } = settings;
  const adminServer = settings.admin && (await import("./operator.ts")).operatorServer(settings.admin, {
    service,
    meters,
    tokenHealths,
    unfinishedUploads,
    listeners,
    hosts,
    settings,
    table: () => current,
    port: () => port,
  });
  if (adminServer !== undefined) service.log.addSink((entry) => adminServer.record(entry));

  const endAllRevoked = () => {
    if (service.router.clients.length === 0) return;
    for (const [name, count] of endRevoked(service)) {
      printError(`the client ${name} is not served any more: ended ${count} request(s) in flight`);
    }
  };
  const handler = createHandler(service);
  const common = {
    // The caller prints the addresses.
    onListen() {},
    // The content is the upstream's: DENO_SERVE_AUTOMATIC_COMPRESSION must not change it.
    automaticCompression: false,
    // The handler catches every error itself; the response to one that gets here must reveal nothing.
    onError: () => new Response(null, { status: 500 }),
  };
  const { socket } = settings;
  const clients: Listener[] = [];
  let address: Deno.NetAddr | undefined;
  if (port !== undefined) {
    const tcp = listeners.open(
      "service",
      () => Deno.serve({ hostname: settings.bind, port: port ?? 0, ...common }, handler),
    );
    address = tcp.address;
    // To be opened again at the same place.
    port = address.port;
    clients.push(tcp);
  }
  if (socket !== undefined) {
    const { serveUnixSocket } = await import("./unix_listener.ts");
    clients.push(listeners.open("service", () => serveUnixSocket(socket, common, handler)));
  }
  // A port that the system chose can't be had again.
  if (settings.port !== 0) service.closeIdle = () => clients.forEach((each) => listeners.closeIdle(each));
  let unseen: UnseenInput | undefined;
  const admin = adminServer && listeners.open("operator", () => adminServer.listen(common));
  return {
    address,
    adminAddress: admin?.address,
    meters,
    async reload(table, stores) {
      const before = service.router;
      service.router = await open(table, stores);
      current = table;
      before.close();
      endAllRevoked();
    },
    endRevoked: endAllRevoked,
    async warm() {
      reserve.fill();
      await EXCHANGE.load();
      mask.update();
      const { UnseenInput } = await import("../proxy/unseen_input.ts");
      unseen ??= new UnseenInput({
        holders: () => service.spans,
        closeIdle: () => service.closeIdle(),
        onStuck: () => unfinishedUploads.onMemoryStuck(),
        decoders: () => budget.reserved,
        report: printError,
      });
    },
    async drain() {
      service.webSockets.drain(settings.drainMs);
      const timeout = Promise.withResolvers<void>();
      const timers = [setTimeout(timeout.resolve, settings.drainMs)];
      // The runtime's own shutdown aborts uploads, so it follows the drain, during which new requests get a 503.
      await Promise.race([
        service.limiter.drain()
          .then(() => {
            listeners.close();
            timers.push(setTimeout(timeout.resolve, CLOSING_MS));
            return Promise.all(clients.map((each) => each.shutdown()));
          })
          // The operator's listener closes last, so that it can report the draining.
          .then(() => admin?.shutdown()),
        timeout.promise,
      ]);
      for (const timer of timers) clearTimeout(timer);
      service.router.close();
      unseen?.close();
    },
  };
}
