import { VERSIONS } from "../versions.ts";
import { nodeToolset, type Toolset } from "./toolset.ts";

/** The coding agents, package managers and libraries of `versions.ts`; they come to more than a gigabyte. */
export const AGENTS: Toolset = nodeToolset("agents", VERSIONS);
