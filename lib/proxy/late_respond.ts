import { LateModule } from "../core/late_module.ts";
import { MASK } from "../mask/table_mask.ts";

/**
 * What responds, and the mask. These are a fifth of all modules, and nobody needs them before the first request has come: a
 * start loads them right after it has said that it listens, and a request that is earlier waits for them.
 */
export const RESPOND = new LateModule(async () => {
  await MASK.load();
  return await import("./respond.ts");
});
