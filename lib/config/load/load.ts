import { parsePem } from "../settings/ca_file.ts";
import type { Result } from "../../core/result.ts";
import type { RouteTable } from "../route/route_config.ts";
import { parseRoutes } from "../route/route_table.ts";
import { parseSettings, type Settings } from "../settings/settings.ts";
import { parseTokens, type Tokens } from "../route/token.ts";
import { fileFingerprint } from "../../core/file_fingerprint.ts";
import { withEnvironment } from "./environment.ts";
import { readText } from "./read_text.ts";

/** All that the service is told, except for the tokens. */
export interface Configuration {
  readonly settings: Settings;
  readonly table: RouteTable;
  /** What the table's file looked like before it was read: see {@linkcode fileFingerprint}. */
  readonly tableState: string;
  /** PEM: the authorities trusted beside the built-in ones. */
  readonly ca: string | undefined;
}

/** The settings that lead to files. */
const PATHS: readonly string[] = ["CRED_PROXY_ROUTES", "CRED_PROXY_CA_FILE"];

/**
 * Read and judge the environment and the files it names. The problems of all of them are told at once.
 *
 * @param file A route table to read instead of the one that the environment names.
 */
export async function loadConfiguration(file?: string): Promise<Result<Configuration>> {
  const settings = withEnvironment(parseSettings);
  // A wrong port is no reason to be silent about the table: the paths may be good all the same.
  const paths = settings.ok
    ? settings
    : withEnvironment((get) => parseSettings((name) => PATHS.includes(name) ? get(name) : undefined));
  if (!paths.ok) return settings.ok ? paths : settings;

  const { routesPath, caFile } = paths.value;
  const tableState = await fileFingerprint(file ?? routesPath);
  const table = await loadTable(file ?? routesPath);
  const ca = caFile === undefined ? undefined : await loadAuthorities(caFile);
  if (settings.ok && table.ok && (ca === undefined || ca.ok)) {
    return { ok: true, value: { settings: settings.value, table: table.value, tableState, ca: ca?.value } };
  }
  const problems = [settings, table, ca].flatMap((judged) =>
    judged === undefined || judged.ok ? [] : judged.problems
  );
  return { ok: false, problems };
}

/** Read and judge the tokens in variables. */
export function loadTokens(table: RouteTable): Result<Tokens> {
  return withEnvironment((get) => parseTokens(table, get));
}

/** Read and judge a route table. */
export async function loadTable(path: string): Promise<Result<RouteTable>> {
  const text = await readText(path);
  return text.ok ? parseRoutes(text.value) : text;
}

async function loadAuthorities(path: string): Promise<Result<string>> {
  const text = await readText(path);
  return text.ok ? parsePem(text.value) : text;
}
