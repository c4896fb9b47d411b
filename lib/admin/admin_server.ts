import type { Address } from "../http/host.ts";
import { upstreamText } from "../config/route/upstream_url.ts";
import type { LogEntry } from "../log/request_log.ts";
import type { State } from "../metrics/families.ts";
import type { Meters } from "../metrics/meters.ts";
import type { Service } from "../proxy/service.ts";
import { VERSION } from "../core/version.ts";
import { handleAdmin, type Views } from "./admin_handler.ts";
import { History } from "./history.ts";
import type { PageData } from "./page.ts";
import { Recent } from "./recent.ts";

/** What the operator is shown, beside what comes from the log entries. */
export interface Watched {
  readonly service: Service;
  readonly meters: Meters;
}

/** Remembers, of every request, what the operator may ask about, and answers on a listener of its own. */
export class AdminServer implements Views {
  readonly #address: Address;
  readonly #watched: Watched;
  readonly #history = new History();
  readonly #recent = new Recent();
  readonly #startTime = Date.now();

  constructor(address: Address, watched: Watched) {
    this.#address = address;
    this.#watched = watched;
  }

  /** @param options What every listener of the service has. */
  listen(options: Pick<Deno.ServeOptions, "onListen" | "onError">): Deno.HttpServer<Deno.NetAddr> {
    const { host, port } = this.#address;
    return Deno.serve({ hostname: host, port, ...options }, (request) => handleAdmin(request, this));
  }

  get meters(): Meters {
    return this.#watched.meters;
  }

  record(entry: LogEntry): void {
    this.meters.record(entry);
    this.#history.record(entry);
    this.#recent.record(entry);
  }

  state(): State {
    const { inFlight, draining } = this.#watched.service.limiter;
    return { inFlight, draining, startTime: this.#startTime, memory: Deno.memoryUsage().rss };
  }

  page(): PageData {
    const { service: { limiter, router }, meters } = this.#watched;
    const now = Date.now();
    return {
      version: VERSION,
      now,
      startTime: this.#startTime,
      draining: limiter.draining,
      inFlight: limiter.inFlight,
      maxInFlight: limiter.limit,
      routes: router.routes.map(({ name, config, token }) => ({
        name,
        upstream: upstreamText(config.upstream),
        token: token.describe(),
        tokenIsSet: token.current !== undefined,
        connections: meters.connections(name).current,
      })),
      minutes: this.#history.minutes(now),
      hour: this.#history.routes(now),
      recent: this.#recent.list(),
    };
  }
}
