import type { RequestLog } from "../log/request_log.ts";
import type { InFlightLimiter } from "./in_flight_limiter.ts";
import { RequestSpan } from "./request_span.ts";
import type { Router } from "./router.ts";

/** Where requests came from, as the runtime passes it along. */
export type ConnectionInfo = Pick<Deno.ServeHandlerInfo<Deno.Addr>, "remoteAddr">;

/** What all requests share. */
export class Service {
  /** The table that is served now. Requests in flight keep the one that they began with. */
  router: Router;
  readonly limiter: InFlightLimiter;
  readonly log: RequestLog;

  constructor({ router, limiter, log }: { router: Router; limiter: InFlightLimiter; log: RequestLog }) {
    this.router = router;
    this.limiter = limiter;
    this.log = log;
  }

  begin(request: Pick<Request, "method" | "headers">, info: ConnectionInfo): RequestSpan {
    return new RequestSpan(this.log.begin(request, info), this);
  }
}
