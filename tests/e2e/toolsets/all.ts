import { AGENTS } from "./agents.ts";
import { GO } from "./go.ts";
import { JAVA } from "./java.ts";
import { JAVASCRIPT } from "./javascript.ts";
import { MAVEN } from "./maven.ts";
import { PYTHON } from "./python.ts";
import { RUST } from "./rust.ts";

/** The toolsets by their names in the cases. */
export const TOOLSETS = {
  agents: AGENTS,
  go: GO,
  java: JAVA,
  javascript: JAVASCRIPT,
  maven: MAVEN,
  python: PYTHON,
  rust: RUST,
} as const;

/** The name of a toolset. */
export type ToolsetName = keyof typeof TOOLSETS;
