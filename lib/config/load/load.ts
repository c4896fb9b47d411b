/**
 * Loading the configuration: the environment and the files that it names are read and parsed.
 *
 * @module
 */

import { fileFingerprint } from "../../core/file_fingerprint.ts";
import type { Verb } from "../../core/launch.ts";
import { failAll, ok, type Problem, problemsOf, type Result } from "../../core/result.ts";
import { parseJson } from "../reader/json.ts";
import type { RouteTable } from "../route/route_config.ts";
import { needsParts, readTable } from "../route/read_table.ts";
import { tableOfSession } from "../route/session_token.ts";
import { parseTokens, type Tokens, tokenVariables } from "../route/token.ts";
import { parsePem } from "../settings/ca_file.ts";
import {
  parseSettings,
  readSettings,
  SETTING_VARIABLES,
  type Settings,
  settingVariables,
} from "../settings/settings.ts";
import { readEnvironment } from "./environment.ts";
import { commandFor } from "./launched_as.ts";
import { readText } from "./read_text.ts";

/** The whole configuration except the tokens. */
export interface Configuration {
  readonly settings: Settings;
  readonly table: RouteTable;
  /** The {@linkcode fileFingerprint} of the table's file from before it was read. */
  readonly tableFingerprint: string;
  /** The authorities trusted in addition to the built-in ones, in PEM. */
  readonly ca: string | undefined;
}

/**
 * Loads the settings, the route table and the authorities. Reports the problems of all of them at once, so that an
 * invalid port does not hide those of the table.
 *
 * @param file The path of a route table to load instead of the one that the environment names.
 */
export async function loadConfiguration(file?: string): Promise<Result<Configuration>> {
  const environment = readEnvironment(SETTING_VARIABLES);
  if (!environment.ok) return environment;
  const settings = readSettings((name) => environment.value.get(name));

  const { routesPath, caFile } = settings.values;
  const path = file ?? routesPath;
  if (path === undefined) return failAll(settings.problems);
  const tableFingerprint = await fileFingerprint(path);
  const table = await loadTable(path);
  const ca = caFile === undefined ? ok(undefined) : await loadAuthorities(caFile);
  if (settings.ok && table.ok && ca.ok) {
    const served = settings.values.sessionToken ? tableOfSession(table.value) : table.value;
    return ok({ settings: settings.values, table: served, tableFingerprint, ca: ca.value });
  }
  return failAll([...settings.problems, ...problemsOf(table), ...problemsOf(ca)]);
}

/** Loads the settings that a verb uses; needs permission to read only their variables. */
export function loadSettings(verb: Verb): Result<Settings> {
  const environment = readEnvironment(settingVariables(verb));
  return environment.ok ? parseSettings((name) => environment.value.get(name)) : environment;
}

/** Loads the tokens that are in environment variables. */
export function loadTokens(table: RouteTable): Result<Tokens> {
  const environment = readEnvironment(tokenVariables(table));
  return environment.ok ? parseTokens(table, (name) => environment.value.get(name)) : environment;
}

/** Loads a route table from a file. A problem with the table as a whole carries the file's path. */
export async function loadTable(path: string): Promise<Result<RouteTable>> {
  const text = await readText(path);
  if (!text.ok) {
    return failAll(text.problems.map((each) => each.code === "not_found" ? missingTable(each) : each));
  }
  const parsed = parseJson(text.value, path);
  if (!parsed.ok) return parsed;
  // Most tables need none of this, and a start is sooner without it.
  const parts = needsParts(parsed.value) ? await import("../route/table_parts.ts") : undefined;
  return readTable(parsed.value, path, parts);
}

/** Returns the problem of a table that does not exist, with what to do. */
function missingTable(problem: Problem): Problem {
  const init = commandFor("init PROVIDER");
  return {
    ...problem,
    message: `${problem.message}; make one with: ${init}, or name yours in CRED_PROXY_ROUTES`,
  };
}

/** Reports problems with the file's content under the variable's name, and problems with the file under its path. */
async function loadAuthorities(path: string): Promise<Result<string>> {
  const text = await readText(path);
  return text.ok ? parsePem(text.value, "CRED_PROXY_CA_FILE") : text;
}
