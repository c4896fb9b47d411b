import type { ClientCase } from "../client_case.ts";
import { CODING_AGENTS } from "./coding_agents.ts";
import { FORGES } from "./forges.ts";
import { PACKAGE_MANAGERS } from "./package_managers.ts";
import { SDKS } from "./sdks.ts";
import { WEB_SOCKETS } from "./websockets.ts";

/** All client cases. */
export const CLIENT_CASES: readonly ClientCase[] = [
  ...CODING_AGENTS,
  ...SDKS,
  ...WEB_SOCKETS,
  ...FORGES,
  ...PACKAGE_MANAGERS,
];
