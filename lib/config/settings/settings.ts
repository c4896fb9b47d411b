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
  parseBufferSize,
  parseCount,
  parseDuration,
  parseFilePath,
  parseFlag,
  parseFolder,
  parseHangUp,
  parseHostList,
  parseListenPort,
  parseLogFormat,
  parseSocketPath,
  parseTablePath,
} from "./setting_values.ts";

/** The verbs that use every setting. */
const SERVING: readonly Verb[] = ["serve", "permissions", "check", "doctor"];

/** The service's own settings, in the order of `help`. */
const SERVICE_SETTINGS = {
  /** The path of the route table. */
  routesPath: setting<string>({
    variable: "CRED_PROXY_ROUTES",
    default: "/run/cred-proxy/routes.json",
    parse: parseTablePath,
    help: "the route table",
    verbs: [...SERVING, "clients"],
  }),
  /** The host to listen on, as `Deno.listen` accepts it: an IPv6 address without brackets. */
  bind: setting<string>({
    variable: "CRED_PROXY_BIND",
    default: "0.0.0.0",
    parse: parseBindHost,
    help: "the address to listen on",
    verbs: [...SERVING, "clients", "healthcheck"],
  }),
  /** The port to listen on; 0 picks a free one; undefined: only the Unix socket is listened on. */
  port: setting<number | undefined>({
    variable: "CRED_PROXY_PORT",
    default: "9099",
    parse: parseListenPort,
    help: "the port; 0: a free one; off: only the socket",
    verbs: [...SERVING, "clients", "healthcheck"],
  }),
  /** The path of an additional Unix socket to listen on. */
  socket: optionalSetting<string>({
    variable: "CRED_PROXY_SOCKET",
    parse: parseSocketPath,
    help: "an additional Unix socket to listen on",
    verbs: [...SERVING, "clients"],
  }),
  /** The names, besides private ones and those of routes, under which clients and operators may ask for the service. */
  hosts: setting<readonly string[]>({
    variable: "CRED_PROXY_HOSTS",
    default: "",
    parse: parseHostList,
    help: "host names under which it is served, comma-separated",
    verbs: SERVING,
  }),
  /** Whether to log one human-readable line per request on stderr. */
  debug: setting<boolean>({
    variable: "CRED_PROXY_DEBUG",
    default: "",
    parse: parseFlag,
    help: "if not empty: one line per request on stderr",
    verbs: SERVING,
  }),
  /** Whether to log one JSON object per request on stdout. */
  log: setting<"json" | "off">({
    variable: "CRED_PROXY_LOG",
    default: "off",
    parse: parseLogFormat,
    help: "json: one JSON object per request on stdout",
    verbs: SERVING,
  }),
  /** The path of a PEM file of authorities trusted in addition to the built-in ones. */
  caFile: optionalSetting<string>({
    variable: "CRED_PROXY_CA_FILE",
    parse: parseFilePath,
    help: "a PEM file of additional trusted authorities",
    verbs: SERVING,
  }),
  /** The folder in which refresh tokens that rotate are kept. */
  state: optionalSetting<string>({
    variable: "CRED_PROXY_STATE",
    parse: parseFolder,
    help: "a folder to keep refresh tokens that rotate",
    verbs: SERVING,
  }),
  /** The maximum number of requests in flight. */
  maxInFlight: setting<number>({
    variable: "CRED_PROXY_MAX_IN_FLIGHT",
    default: "1024",
    parse: parseCount,
    help: "the maximum number of requests in flight",
    verbs: SERVING,
  }),
  /** The memory that all streams together may take for what they decode and hold, in bytes. */
  bufferBytes: setting<number>({
    variable: "CRED_PROXY_BUFFER_MB",
    default: "64",
    parse: parseBufferSize,
    help: "MiB for what streams decode and hold",
    verbs: SERVING,
  }),
  /** The time limit for draining requests in flight at shutdown, in milliseconds. */
  drainMs: setting<number>({
    variable: "CRED_PROXY_DRAIN_S",
    default: "30",
    parse: parseDuration,
    help: "seconds to drain requests in flight at shutdown",
    verbs: SERVING,
  }),
  /** What SIGHUP does; by default, that depends on how the service was started. */
  hangUp: optionalSetting<"reload" | "stop">({
    variable: "CRED_PROXY_SIGHUP",
    parse: parseHangUp,
    help: "reload or stop: what SIGHUP does",
    verbs: SERVING,
  }),
  /** Whether every client must present the value of this variable, whatever the table says of clients. */
  sessionToken: setting<boolean>({
    variable: "CRED_PROXY_SESSION_TOKEN",
    default: "",
    parse: parseFlag,
    help: "a token for all clients, whatever the table says",
    verbs: SERVING,
  }),
  /** The address of the operator's listener, if there is one. */
  admin: optionalSetting<Address>({
    variable: "CRED_PROXY_ADMIN",
    parse: parseAdminAddress,
    help: "host:port of the operator's listener",
    verbs: [...SERVING, "healthcheck"],
  }),
};

/** The values of all settings. Only `parseSettings` creates them. */
export interface Settings extends SettingValues<typeof SERVICE_SETTINGS> {
  readonly egress: Egress;
}

/** Every setting. */
export const SETTINGS: SettingTable = { ...SERVICE_SETTINGS, ...EGRESS_SETTINGS };

/** Every variable from which a setting is read. */
export const SETTING_VARIABLES: readonly string[] = Object.values(SETTINGS).flatMap(variablesOf);

/** Returns the variables of the settings that a verb uses. */
export function settingVariables(verb: Verb): readonly string[] {
  return Object.values(SETTINGS).filter(({ verbs }) => verbs.includes(verb)).flatMap(variablesOf);
}

/** Parses the settings and reports all problems at once. */
export function parseSettings(get: Getter): Result<Settings> {
  const reading = readSettings(get);
  return reading.ok ? ok(reading.values) : failAll(reading.problems);
}

/** Parses the settings; the valid ones are returned even if others are not. */
export function readSettings(get: Getter): Reading<Settings> {
  const service = readTable(SERVICE_SETTINGS, get);
  const egress = readTable(EGRESS_SETTINGS, get);
  const values = { ...service.values, ...(egress.ok ? { egress: egress.values } : {}) };
  return readingOf(values, [...service.problems, ...checkPorts(service.values), ...egress.problems]);
}

/**
 * Checks that the operator's listener has a port of its own, even at another address: with the clients' port, a single
 * mistake in the network's rules would expose it to clients. Without a port there must be a socket.
 */
function checkPorts(values: Partial<Settings>): readonly Problem[] {
  const { admin, port } = values;
  if ("port" in values && "socket" in values && port === undefined && values.socket === undefined) {
    return [
      problem("CRED_PROXY_PORT", "conflict", "is off, so CRED_PROXY_SOCKET must be set: nothing listens"),
    ];
  }
  if (admin === undefined || admin.port !== port || port === 0) return [];
  return [problem("CRED_PROXY_ADMIN", "conflict", "must use a different port from CRED_PROXY_PORT")];
}
