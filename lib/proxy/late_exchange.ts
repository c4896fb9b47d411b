import { LateModule } from "../core/late_module.ts";
import { MASK } from "../mask/table_mask.ts";
import { HTTP1 } from "../upstream/late_transport.ts";

/**
 * What a request needs once it has been found to be allowed, with the transport and the mask: two fifths of all modules.
 * Nobody needs them before the first request has come, so a start loads them right after it has said that it listens, and a
 * request that is earlier waits for them.
 */
export const EXCHANGE = new LateModule(async () => {
  await HTTP1.load();
  await MASK.load();
  return await import("./exchange_parts.ts");
});
