import { type Egress, EGRESS_VARIABLES, parseEgress } from "./egress.ts";
import { type Address, parseHost, parseListenerAddress, parsePort } from "../../http/host.ts";
import { found } from "../reader/path.ts";
import type { Problem, Result } from "../../core/result.ts";

/** What the environment says about the service itself. `parseSettings` is the only maker. */
export interface Settings {
  readonly routesPath: string;
  /** Where to listen, as `Deno.listen` takes it: an IPv6 address without brackets. */
  readonly bind: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** The path of a Unix socket to listen on as well. */
  readonly socket: string | undefined;
  /** A line a request, for people, on stderr. */
  readonly debug: boolean;
  /** A JSON object a request on stdout. */
  readonly log: "json" | "off";
  /** The PEM file of the authorities trusted beside the built-in ones. */
  readonly caFile: string | undefined;
  readonly maxInFlight: number;
  /** How long requests in flight may go on after the signal to stop. */
  readonly drainMs: number;
  /** Where the operator's listener is; undefined: there is none. */
  readonly admin: Address | undefined;
  readonly egress: Egress;
}

/** Gives an environment variable's value. */
export type Getter = (name: string) => string | undefined;

/** Every variable that `parseSettings` reads: what `--allow-env` must name beside the tokens. */
export const SETTING_VARIABLES: readonly string[] = [
  "CRED_PROXY_ROUTES",
  "CRED_PROXY_BIND",
  "CRED_PROXY_PORT",
  "CRED_PROXY_DEBUG",
  "CRED_PROXY_LOG",
  "CRED_PROXY_CA_FILE",
  "CRED_PROXY_MAX_IN_FLIGHT",
  "CRED_PROXY_DRAIN_S",
  "CRED_PROXY_ADMIN",
  "CRED_PROXY_SOCKET",
  ...EGRESS_VARIABLES,
];

/** Judge the environment: every problem at once. A variable that is set to nothing counts as unset. */
export function parseSettings(get: Getter): Result<Settings> {
  const problems: Problem[] = [];
  function read<Value>(name: string, otherwise: Value, parse: (text: string) => Value | Wrong): Value {
    const text = get(name) ?? "";
    const parsed = text === "" ? otherwise : parse(text);
    if (!(parsed instanceof Wrong)) return parsed;
    problems.push({ path: name, message: parsed.message });
    return otherwise;
  }
  const egress = parseEgress(get);
  const settings = {
    routesPath: read("CRED_PROXY_ROUTES", "/run/cred-proxy/routes.json", parseTablePath),
    bind: read("CRED_PROXY_BIND", "0.0.0.0", parseBind),
    port: read("CRED_PROXY_PORT", 9099, parseListenerPort),
    socket: read<string | undefined>("CRED_PROXY_SOCKET", undefined, parseSocket),
    debug: read("CRED_PROXY_DEBUG", false, () => true),
    log: read<"json" | "off">("CRED_PROXY_LOG", "off", parseLog),
    caFile: read<string | undefined>("CRED_PROXY_CA_FILE", undefined, parsePath),
    maxInFlight: read("CRED_PROXY_MAX_IN_FLIGHT", 1024, parseCount),
    drainMs: read("CRED_PROXY_DRAIN_S", 30_000, parseDrain),
    admin: read<Address | undefined>("CRED_PROXY_ADMIN", undefined, parseAdmin),
  };
  // The agent's own port, be it at another address: one slip in a network's rules and the agent has it.
  if (settings.admin?.port === settings.port && settings.port !== 0) {
    problems.push({ path: "CRED_PROXY_ADMIN", message: "must have another port than the agent's" });
  }
  if (!egress.ok) problems.push(...egress.problems);
  if (!egress.ok || problems.length > 0) return { ok: false, problems };
  return { ok: true, value: { ...settings, egress: egress.value } };
}

/** What is wrong with a variable's value. */
class Wrong {
  constructor(readonly message: string) {}
}

/** The flag `--allow-read` is split at commas by the runtime, and a line of flags at white space by the shell. */
const UNFIT_FOR_FLAGS = /[\s,"'`$\\*?{}()<>|&;]/;

function parsePath(text: string): string | Wrong {
  if (UNFIT_FOR_FLAGS.test(text)) {
    return new Wrong("must be a path without white space, commas, quotes and the shell's special characters");
  }
  return text;
}

/** The table's folder is what the service may read: the root would be everything. */
function parseTablePath(text: string): string | Wrong {
  const path = parsePath(text);
  if (path instanceof Wrong || !/^\/+[^/]*$/.test(path)) return path;
  return new Wrong("must lie in a folder of its own, not in /: the service may read that folder");
}

/** The longest path that a socket's address holds on Linux, without its final NUL: unix(7). */
const SOCKET_PATH_LIMIT = 107;

function parseSocket(text: string): string | Wrong {
  const path = parsePath(text);
  if (path instanceof Wrong) return path;
  const plain = /^\/[^/]/.test(path) && !/\/(?:\.{0,2}(?:\/|$))/.test(path);
  if (!plain) return new Wrong("must be an absolute path, without empty segments, . and ..");
  if (new TextEncoder().encode(path).length <= SOCKET_PATH_LIMIT) return path;
  return new Wrong(`must be no longer than ${SOCKET_PATH_LIMIT} bytes: no socket can have such a path`);
}

function parseBind(text: string): string | Wrong {
  // An IPv6 address needs no brackets here, since no port follows it.
  const host = parseHost(text.includes(":") && !text.startsWith("[") ? `[${text}]` : text);
  return host ?? new Wrong(`must be an IP address or a host name, ${found(text)}`);
}

function parseListenerPort(text: string): number | Wrong {
  const port = parsePort(text);
  if (port !== undefined) return port;
  // Kubernetes sets `NAME_PORT=tcp://…` in each container for a service called NAME.
  const hint = text.startsWith("tcp://") ? " that Kubernetes sets for a service named cred-proxy" : "";
  return new Wrong(
    `must be a number from 0 to 65535, ${hint === "" ? found(text) : `got the address${hint}`}`,
  );
}

function parseAdmin(text: string): Address | Wrong {
  return parseListenerAddress(text) ??
    new Wrong(`must be host:port, such as 127.0.0.1:9100 (port 0 picks a free one), ${found(text)}`);
}

function parseLog(text: string): "json" | "off" | Wrong {
  return text === "json" || text === "off" ? text : new Wrong(`must be json or off, ${found(text)}`);
}

function parseCount(text: string): number | Wrong {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  return new Wrong(`must be a whole number from 1 to 9999999, ${found(text)}`);
}

function parseDrain(text: string): number | Wrong {
  const seconds = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (seconds <= 86_400) return Math.round(seconds * 1000);
  return new Wrong(`must be a number of seconds from 0 to 86400, ${found(text)}`);
}
