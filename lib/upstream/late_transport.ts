import { LateModule } from "../core/late_module.ts";
import type { Http1Transport, TransportOptions, TransportTarget } from "./http1_transport.ts";
import type { Transport, UpstreamRequest, UpstreamResponse } from "./transport.ts";

/** HTTP/1.1 with an upstream, a tenth of all modules. A start loads it right after it has said that it listens. */
export const HTTP1 = new LateModule(() => import("./http1_transport.ts"));

/** HTTP/1.1 over connections of its own, whose code is loaded by the first request at the latest. */
export class LateTransport implements Transport {
  readonly #target: TransportTarget;
  readonly #options: TransportOptions;
  #transport: Http1Transport | undefined;
  #isClosed = false;

  constructor(target: TransportTarget, options: TransportOptions) {
    this.#target = target;
    this.#options = options;
  }

  roundTrip(request: UpstreamRequest): Promise<UpstreamResponse> {
    if (this.#transport === undefined) {
      const module = HTTP1.ifLoaded;
      if (module === undefined) return HTTP1.load().then(() => this.roundTrip(request));
      this.#transport = new module.Http1Transport(this.#target, this.#options);
      if (this.#isClosed) this.#transport.close();
    }
    return this.#transport.roundTrip(request);
  }

  close(): void {
    this.#isClosed = true;
    this.#transport?.close();
  }
}
