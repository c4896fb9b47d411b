/**
 * What a request needs once it has been found to be allowed; see `late_exchange.ts`.
 *
 * @module
 */

export { exposedSecrets } from "../credentials/exposed_secrets.ts";
export { clientOrigin } from "./reference/client_origin.ts";
export { ReferenceRewriter } from "./reference/reference_rewriter.ts";
export { rewriteRequestReferences } from "./reference/request_references.ts";
export { respond } from "./respond.ts";
export { roundTripAgain } from "./round_trip_again.ts";
export { wholeRequest } from "./whole_request.ts";
