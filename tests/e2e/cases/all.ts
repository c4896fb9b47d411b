import type { ClientCase } from "../client_case.ts";
import { CODING_AGENTS } from "./coding_agents.ts";
import { FORGES } from "./forges.ts";
import { GO_CASES } from "./go.ts";
import { JAVASCRIPT_CASES } from "./javascript.ts";
import { MORE_PACKAGE_MANAGERS } from "./more_package_managers.ts";
import { PACKAGE_MANAGERS } from "./package_managers.ts";
import { PRESET_CASES } from "./presets.ts";
import { PYTHON_CASES } from "./python.ts";
import { JAVA_CASES, RUST_CASES } from "./rust_and_java.ts";
import { SDKS } from "./sdks.ts";
import { TOOLS } from "./tools.ts";
import { WEB_SOCKETS } from "./websockets.ts";

/** All client cases. */
export const CLIENT_CASES: readonly ClientCase[] = [
  ...CODING_AGENTS,
  ...SDKS,
  ...PRESET_CASES,
  ...JAVASCRIPT_CASES,
  ...PYTHON_CASES,
  ...GO_CASES,
  ...RUST_CASES,
  ...JAVA_CASES,
  ...WEB_SOCKETS,
  ...FORGES,
  ...PACKAGE_MANAGERS,
  ...MORE_PACKAGE_MANAGERS,
  ...TOOLS,
];
