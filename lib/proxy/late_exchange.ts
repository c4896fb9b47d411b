import { LateModule } from "../core/late_module.ts";
import { MASK } from "../mask/table_mask.ts";

/**
 * What a request needs once it has been found to be allowed, and the mask. These are a quarter of all modules, and nobody
 * needs them before the first request has come: a start loads them right after it has said that it listens, and a request
 * that is earlier waits for them.
 */
export const EXCHANGE = new LateModule(async () => {
  await MASK.load();
  return await import("./exchange_parts.ts");
});
