import type { Trial } from "../client_case.ts";
import { AGENTS } from "./coding_agents.ts";
import { FORGES } from "./forges.ts";
import { PACKAGES } from "./package_managers.ts";
import { SDKS } from "./sdks.ts";

/** Every client that is tried. */
export const TRIALS: readonly Trial[] = [...AGENTS, ...SDKS, ...FORGES, ...PACKAGES];
