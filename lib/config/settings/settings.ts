import type { Verb } from "../../core/launch.ts";
import { failAll, ok, type Problem, problem, type Result } from "../../core/result.ts";
import type { Address } from "../../http/host.ts";
import { type Reading, readingOf } from "../reader/reading.ts";
import { type Egress, EGRESS_SETTINGS } from "./egress.ts";
import {
  type Getter,
  optionalSetting,
  readSettings as readTable,
  setting,
  type SettingTable,
  type SettingValues,
  variablesOf,
} from "./setting.ts";
import {
  parseAdminAddress,
  parseBindHost,
  parseCount,
  parseDuration,
  parseFilePath,
  parseFlag,
  parseListenPort,
  parseLogFormat,
  parseSocketPath,
  parseTablePath,
} from "./setting_values.ts";

/** The verbs that read every setting. */
const SERVING: readonly Verb[] = ["serve", "permissions", "check"];

/** The settings of the service itself, in the order of `help`. A new one is an entry here. */
const SERVICE_SETTINGS = {
  /** The route table's file. */
  routesPath: setting<string>({
    variable: "CRED_PROXY_ROUTES",
    default: "/run/cred-proxy/routes.json",
    parse: parseTablePath,
    help: "the route table",
    verbs: [...SERVING, "clients"],
  }),
  /** The host to listen on, as `Deno.listen` takes it: an IPv6 address without brackets. */
  bind: setting<string>({
    variable: "CRED_PROXY_BIND",
    default: "0.0.0.0",
    parse: parseBindHost,
    help: "the address to listen on",
    verbs: [...SERVING, "clients", "healthcheck"],
  }),
  /** The port to listen on; 0 picks a free one. */
  port: setting<number>({
    variable: "CRED_PROXY_PORT",
    default: "9099",
    parse: parseListenPort,
    help: "the port; 0 picks a free one",
    verbs: [...SERVING, "clients", "healthcheck"],
  }),
  /** The path of a Unix socket to listen on as well. */
  socket: optionalSetting<string>({
    variable: "CRED_PROXY_SOCKET",
    parse: parseSocketPath,
    help: "a Unix socket to listen on as well",
    verbs: [...SERVING, "clients"],
  }),
  /** Whether each request gets a line for people on stderr. */
  debug: setting<boolean>({
    variable: "CRED_PROXY_DEBUG",
    default: "",
    parse: parseFlag,
    help: "if not empty: one line per request on stderr",
    verbs: SERVING,
  }),
  /** Whether each request gets a JSON object on stdout. */
  log: setting<"json" | "off">({
    variable: "CRED_PROXY_LOG",
    default: "off",
    parse: parseLogFormat,
    help: "json: one JSON object per request on stdout",
    verbs: SERVING,
  }),
  /** The PEM file of authorities trusted besides the built-in ones. */
  caFile: optionalSetting<string>({
    variable: "CRED_PROXY_CA_FILE",
    parse: parseFilePath,
    help: "PEM: authorities trusted besides the built-in ones",
    verbs: SERVING,
  }),
  /** How many requests may be in flight at a time. */
  maxInFlight: setting<number>({
    variable: "CRED_PROXY_MAX_IN_FLIGHT",
    default: "1024",
    parse: parseCount,
    help: "requests served at a time",
    verbs: SERVING,
  }),
  /** How long requests in flight may take to finish after a signal to stop, in milliseconds. */
  drainMs: setting<number>({
    variable: "CRED_PROXY_DRAIN_S",
    default: "30",
    parse: parseDuration,
    help: "seconds for requests in flight at shutdown",
    verbs: SERVING,
  }),
  /** The address of the operator's listener; undefined: there is none. */
  admin: optionalSetting<Address>({
    variable: "CRED_PROXY_ADMIN",
    parse: parseAdminAddress,
    help: "host:port of the operator's listener",
    verbs: [...SERVING, "healthcheck"],
  }),
};

/** What the environment says about the service. Only `parseSettings` makes it. */
export interface Settings extends SettingValues<typeof SERVICE_SETTINGS> {
  readonly egress: Egress;
}

/** Every setting. */
export const SETTINGS: SettingTable = { ...SERVICE_SETTINGS, ...EGRESS_SETTINGS };

/** Every variable that a setting is read from. */
export const SETTING_VARIABLES: readonly string[] = Object.values(SETTINGS).flatMap(variablesOf);

/** Returns the variables of the settings that a verb reads. */
export function settingVariables(verb: Verb): readonly string[] {
  return Object.values(SETTINGS).filter(({ verbs }) => verbs.includes(verb)).flatMap(variablesOf);
}

/** Parses the environment: every problem at once. */
export function parseSettings(get: Getter): Result<Settings> {
  const reading = readSettings(get);
  return reading.ok ? ok(reading.values) : failAll(reading.problems);
}

/** Parses the environment; the settings that are valid are there even if others are not. */
export function readSettings(get: Getter): Reading<Settings> {
  const service = readTable(SERVICE_SETTINGS, get);
  const egress = readTable(EGRESS_SETTINGS, get);
  const values = { ...service.values, ...(egress.ok ? { egress: egress.values } : {}) };
  return readingOf(values, [...service.problems, ...checkPorts(service.values), ...egress.problems]);
}

/**
 * The operator's listener must not have the client's port, even at another address: one mistake in the network's rules,
 * and the client would reach it.
 */
function checkPorts({ admin, port }: Partial<Settings>): readonly Problem[] {
  if (admin === undefined || admin.port !== port || port === 0) return [];
  return [problem("CRED_PROXY_ADMIN", "conflict", "must have another port than CRED_PROXY_PORT")];
}
