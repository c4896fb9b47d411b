import type { Trial } from "../trial.ts";
import { AGENTS } from "./agents.ts";
import { FORGES } from "./forges.ts";
import { PACKAGES } from "./packages.ts";
import { SDKS } from "./sdks.ts";

/** Every client that is tried. */
export const TRIALS: readonly Trial[] = [...AGENTS, ...SDKS, ...FORGES, ...PACKAGES];
