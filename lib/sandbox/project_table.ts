import { kindOf } from "./kind_of.ts";

/** The table of a project, with which `cred-proxy start` serves there, and the variables beside it. */
export interface ProjectTable {
  /** Folders that the command may change, but not replace. */
  readonly pinned: readonly string[];
  /** The table, which the command may read. */
  readonly guarded: readonly string[];
  /** The variables, which hold tokens. */
  readonly hidden: readonly string[];
}

/** Finds the table that `init --here` writes, unless a link leads to it. */
export function findProjectTable(project: string): ProjectTable {
  const folder = `${project}/conf`;
  const table = `${folder}/routes.json`;
  const variables = `${project}/.env`;
  if (kindOf(folder) !== "folder" || kindOf(table) !== "file") return { pinned: [], guarded: [], hidden: [] };
  return { pinned: [folder], guarded: [table], hidden: kindOf(variables) === "file" ? [variables] : [] };
}
