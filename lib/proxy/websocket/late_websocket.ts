/**
 * What serves WebSockets. A start does not wait for it, but loads it soon afterwards: if somebody changes the sources
 * meanwhile, the runtime wants to read them again, without the permission to.
 *
 * @module
 */

import { LateModule } from "../../core/late_module.ts";

/** What looks at a client's offer, which any client may make. */
export const OFFER = new LateModule(() => import("./offer_parts.ts"));

/** What serves the WebSocket that an upstream has agreed to, for tables with a route that has some. */
export const ACCEPT = new LateModule(() => import("./accept.ts"));
