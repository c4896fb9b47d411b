import { UnorderedSet } from "../core/unordered_set.ts";
import type { RequestLog } from "../log/request_log.ts";
import type { BufferBudget } from "../upstream/buffer_budget.ts";
import type { InFlightLimiter } from "./in_flight_limiter.ts";
import { RequestSpan } from "./request_span.ts";
import type { Router } from "./router.ts";
import { Sessions } from "./websocket/sessions.ts";

/** The origin of a request, as provided by the runtime. */
export type ConnectionInfo = Pick<Deno.ServeHandlerInfo<Deno.Addr>, "remoteAddr">;

/** What a service consists of. */
export type ServiceParts = Pick<Service, "router" | "limiter" | "log" | "budget">;

/** The state that all requests share. */
export class Service {
  /** The current router. Requests in flight keep the one that they started with. */
  router: Router;
  readonly limiter: InFlightLimiter;
  readonly log: RequestLog;
  /** The memory that all streams share. */
  readonly budget: BufferBudget;
  /** The requests in flight. */
  readonly spans: UnorderedSet<RequestSpan> = new UnorderedSet();
  /** Closes the connections that have no request in flight, and the others after their response; set by the server. */
  closeIdle: () => void = () => {};
  /** The WebSockets that are open. */
  readonly webSockets = new Sessions();

  constructor({ router, limiter, log, budget }: ServiceParts) {
    this.router = router;
    this.limiter = limiter;
    this.log = log;
    this.budget = budget;
  }

  /** Begins the span of a request that has just arrived. */
  begin(request: Parameters<RequestLog["begin"]>[0], info: ConnectionInfo): RequestSpan {
    return new RequestSpan(this.log.begin(request, info), this);
  }
}
