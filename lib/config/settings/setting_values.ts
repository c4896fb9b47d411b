/**
 * Parsers of the settings' values.
 *
 * @module
 */

import { fail, ok, type Result } from "../../core/result.ts";
import { type Address, parseHost, parseListenerAddress, parsePort } from "../../http/host.ts";
import { gotText } from "../reader/got_text.ts";

/** The runtime splits `--allow-read` at commas, and knows no escape for them; a line break would break a message. */
// deno-lint-ignore no-control-regex -- control characters are what it rejects
const UNFIT_FOR_FLAGS = /[,\x00-\x1f\x7f]/;

/** Parses the path of a file, which must also be usable in a list of the runtime's flags. */
export function parseFilePath(text: string, path: string): Result<string> {
  if (!UNFIT_FOR_FLAGS.test(text)) return ok(text);
  return fail(path, "invalid_path", "must be a path without commas and control characters");
}

/** Parses the path of the route table, which must not be in `/`: the service may read the table's whole folder. */
export function parseTablePath(text: string, path: string): Result<string> {
  if (!/^\/+[^/]*$/.test(text)) return parseFilePath(text, path);
  const message = "must be in a folder of its own, not in /, since the service may read that whole folder";
  return fail(path, "invalid_path", message);
}

/** Parses the path of a folder that the service may write to, which must not be `/`. */
export function parseFolder(text: string, path: string): Result<string> {
  const file = parseFilePath(text, path);
  if (!file.ok) return file;
  const folder = text.replace(/\/$/, "");
  if (/^\/[^/]/.test(folder) && !/\/(?:\.{0,2}(?:\/|$))/.test(folder)) return ok(folder);
  return fail(path, "invalid_path", "must be an absolute path without empty segments, . and .., and not /");
}

/** The maximum length of a Unix socket's path on Linux, in bytes, without the final NUL: unix(7). */
const SOCKET_PATH_LIMIT = 107;

/** Parses the path of a Unix socket. */
export function parseSocketPath(text: string, path: string): Result<string> {
  const file = parseFilePath(text, path);
  if (!file.ok) return file;
  if (!/^\/[^/]/.test(text) || /\/(?:\.{0,2}(?:\/|$))/.test(text)) {
    return fail(path, "invalid_path", "must be an absolute path without empty segments, . and ..");
  }
  if (new TextEncoder().encode(text).length <= SOCKET_PATH_LIMIT) return ok(text);
  const message = `must not be longer than ${SOCKET_PATH_LIMIT} bytes, the system's limit for sockets`;
  return fail(path, "too_long", message);
}

/** Parses the host to listen on. */
export function parseBindHost(text: string, path: string): Result<string> {
  // An IPv6 address needs no brackets here, since no port follows it.
  const host = parseHost(text.includes(":") && !text.startsWith("[") ? `[${text}]` : text);
  if (host !== undefined) return ok(host);
  return fail(path, "invalid_host", `must be an IP address or a host name, ${gotText(text)}`);
}

/** Parses names of hosts, separated by commas or white space. */
export function parseHostList(text: string, path: string): Result<readonly string[]> {
  const names: string[] = [];
  for (const item of text.split(/[\s,]+/).filter((each) => each !== "")) {
    const host = parseHost(item);
    if (host === undefined) {
      return fail(
        path,
        "invalid_host",
        `must be host names without ports, separated by commas, ${gotText(item)}`,
      );
    }
    names.push(host);
  }
  return ok(names);
}

/** Parses the port to listen on, where 0 picks a free one, and `off` is undefined. */
export function parseListenPort(text: string, path: string): Result<number | undefined> {
  if (text === "off") return ok(undefined);
  const port = parsePort(text);
  if (port !== undefined) return ok(port);
  // Kubernetes sets `NAME_PORT=tcp://…` in each container for a service called NAME.
  const got = text.startsWith("tcp://")
    ? "got the address that Kubernetes sets for a service named cred-proxy"
    : gotText(text);
  return fail(path, "invalid_port", `must be a number from 0 to 65535, or off, ${got}`);
}

/** Parses the address of the operator's listener. */
export function parseAdminAddress(text: string, path: string): Result<Address> {
  const address = parseListenerAddress(text);
  if (address !== undefined) return ok(address);
  const message = `must be host:port, such as 127.0.0.1:9100 (port 0 picks a free one), ${gotText(text)}`;
  return fail(path, "invalid_address", message);
}

/** Parses the format of the log. */
export function parseLogFormat(text: string, path: string): Result<"json" | "off"> {
  if (text === "json" || text === "off") return ok(text);
  return fail(path, "invalid_choice", `must be json or off, ${gotText(text)}`);
}

/** Parses what SIGHUP does. */
export function parseHangUp(text: string, path: string): Result<"reload" | "stop"> {
  if (text === "reload" || text === "stop") return ok(text);
  return fail(path, "invalid_choice", `must be reload or stop, ${gotText(text)}`);
}

/** Parses a setting that is on if it has any value at all. */
export function parseFlag(text: string): Result<boolean> {
  return ok(text !== "");
}

/** Parses a count from 1 to 9999999. */
export function parseCount(text: string, path: string): Result<number> {
  if (/^[1-9]\d{0,6}$/.test(text)) return ok(Number(text));
  return fail(path, "invalid_number", `must be a whole number from 1 to 9999999, ${gotText(text)}`);
}

/** Parses a size from 16 to 65536 MiB, and returns it in bytes. Less than the minimum holds no decoder of 8 MiB beside others. */
export function parseBufferSize(text: string, path: string): Result<number> {
  const megabytes = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (megabytes >= 16 && megabytes <= 65_536) return ok(megabytes * 1024 * 1024);
  return fail(path, "invalid_number", `must be a whole number from 16 to 65536, ${gotText(text)}`);
}

/** Parses a duration in seconds, possibly 0 or fractional, and returns it in milliseconds. */
export function parseDuration(text: string, path: string): Result<number> {
  const seconds = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (seconds <= 86_400) return ok(Math.round(seconds * 1000));
  return fail(path, "invalid_number", `must be a number of seconds from 0 to 86400, ${gotText(text)}`);
}
