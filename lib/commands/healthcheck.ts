import { loadSettings } from "../config/load/load.ts";
import type { Settings } from "../config/settings/settings.ts";
import { hostPort } from "../http/host.ts";
import { printError, printProblems } from "../log/print.ts";
import { Connection } from "../upstream/connection.ts";
import { BadResponse } from "../upstream/errors.ts";
import { parseResponseHead, type ResponseHead } from "../upstream/response_head.ts";
import { type Command, EXIT } from "./command.ts";

/** How long the service may take to respond, in milliseconds. */
const TIMEOUT_MS = 3_000;

/** A request to one of the service's listeners, and how to evaluate its response. */
interface Probe {
  readonly host: string;
  readonly port: number;
  /** The variable that sets the port. */
  readonly setting: string;
  readonly requestLine: string;
  /** Returns the reason why the service is not ready, or undefined if it is. */
  readonly check: (response: ResponseHead) => string | undefined;
}

/** Checks whether the running service is ready: exits with 0 if so, else with 1 and a line that says why not. */
export const healthcheck: Command = async () => {
  const settings = loadSettings("healthcheck");
  if (!settings.ok) {
    printProblems(settings.problems);
    return EXIT.unhealthy;
  }
  const probe = probeFor(settings.value);
  if (probe === undefined || probe.port === 0) {
    printError(
      probe === undefined
        ? "CRED_PROXY_PORT: is off; to check the service, set CRED_PROXY_ADMIN"
        : `${probe.setting}: has port 0, so the service's port is unknown; set a fixed port`,
    );
    return EXIT.unhealthy;
  }
  const problem = await runWithin(TIMEOUT_MS, probe);
  if (problem === undefined) return EXIT.ok;
  printError(`not ready at ${hostPort(probe.host, probe.port)}: ${problem}`);
  return EXIT.unhealthy;
};

/**
 * Returns a probe of `/readyz` on the operator's listener. Without that listener, it is a TRACE request to the clients'
 * listener, which the service itself refuses in every configuration, so that no upstream or route is involved.
 */
function probeFor({ bind, port, admin }: Settings): Probe | undefined {
  if (admin !== undefined) {
    return {
      host: reachable(admin.host),
      port: admin.port,
      setting: "CRED_PROXY_ADMIN",
      requestLine: "GET /readyz HTTP/1.1",
      check: checkReadiness,
    };
  }
  if (port === undefined) return undefined;
  return {
    host: reachable(bind),
    port,
    setting: "CRED_PROXY_PORT",
    requestLine: "TRACE / HTTP/1.1",
    check: checkTrace,
  };
}

/** Returns an address at which a local client reaches a listener. */
function reachable(bind: string): string {
  if (bind === "0.0.0.0") return "127.0.0.1";
  return bind === "::" ? "::1" : bind;
}

async function runWithin(limitMs: number, probe: Probe): Promise<string | undefined> {
  const limit = Promise.withResolvers<string>();
  const timer = setTimeout(() => limit.resolve(`no response within ${limitMs / 1000} s`), limitMs);
  try {
    return await Promise.race([run(probe), limit.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function run({ host, port, requestLine, check }: Probe): Promise<string | undefined> {
  try {
    using socket = await Deno.connect({ hostname: host, port });
    const connection = new Connection(socket);
    await connection.writeHead(
      `${requestLine}\r\nHost: ${hostPort(host, port)}\r\nConnection: close\r\n\r\n`,
    );
    const head = await connection.readHead();
    return head === undefined ? "connection closed without a response" : check(parseResponseHead(head));
  } catch (error) {
    if (error instanceof BadResponse) return NOT_OURS;
    // Nothing sent or received here is secret, so the error may be printed.
    return error instanceof Error ? error.message : String(error);
  }
}

function checkTrace(response: ResponseHead): string | undefined {
  const ours = response.status === 405 && valueOf(response, "cred-proxy-error") === "method_not_forwarded";
  return ours ? undefined : NOT_OURS;
}

function checkReadiness(response: ResponseHead): string | undefined {
  const state = valueOf(response, "cred-proxy-state");
  if (state === "draining") return "the service is shutting down";
  if (state === "full") return "the service accepts no new connections for want of file descriptors";
  return state === "ready" && response.status === 200 ? undefined : NOT_OURS;
}

function valueOf({ fields }: ResponseHead, name: string): string | undefined {
  return fields.find(([given]) => given === name)?.[1];
}

const NOT_OURS = "another service responds there; check the address settings";
