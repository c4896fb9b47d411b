import { loadSettings } from "../config/load/load.ts";
import type { Settings } from "../config/settings/settings.ts";
import { hostPort } from "../http/host.ts";
import { printError, printProblems } from "../log/print.ts";
import { Connection } from "../upstream/connection.ts";
import { BadResponse } from "../upstream/errors.ts";
import { parseResponseHead, type ResponseHead } from "../upstream/response_head.ts";
import { type Command, EXIT } from "./command.ts";

/** How long the service may take to respond. */
const TIMEOUT_MS = 3_000;

/** A request to one of the service's listeners, and how to read its response. */
interface Probe {
  readonly host: string;
  readonly port: number;
  /** The setting that holds the port. */
  readonly setting: string;
  readonly requestLine: string;
  /** Returns what is wrong, or undefined if the service is ready. */
  readonly check: (response: ResponseHead) => string | undefined;
}

/** Check whether the running service is ready: exit with 0, or with 1 and a line that says why not. */
export const healthcheck: Command = async () => {
  const settings = loadSettings("healthcheck");
  if (!settings.ok) {
    printProblems(settings.problems);
    return EXIT.unhealthy;
  }
  const probe = probeFor(settings.value);
  if (probe.port === 0) {
    printError(`${probe.setting}: has port 0, so the service picked one that can't be known here`);
    return EXIT.unhealthy;
  }
  const problem = await runWithin(TIMEOUT_MS, probe);
  if (problem === undefined) return EXIT.ok;
  printError(`not ready at ${hostPort(probe.host, probe.port)}: ${problem}`);
  return EXIT.unhealthy;
};

/**
 * Prefers the operator's listener, whose `/readyz` is made for this. Without one, the clients' listener gets a TRACE: the
 * service refuses that itself in every configuration, so that no upstream is asked and no route needs to exist.
 */
function probeFor({ bind, port, admin }: Settings): Probe {
  if (admin !== undefined) {
    return {
      host: reachable(admin.host),
      port: admin.port,
      setting: "CRED_PROXY_ADMIN",
      requestLine: "GET /readyz HTTP/1.1",
      check: checkReadiness,
    };
  }
  return {
    host: reachable(bind),
    port,
    setting: "CRED_PROXY_PORT",
    requestLine: "TRACE / HTTP/1.1",
    check: checkTrace,
  };
}

/** Returns an address of this machine that a listener on all addresses includes. */
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
    // Nothing that is sent or received here is secret, so the cause may be printed.
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
  return state === "ready" && response.status === 200 ? undefined : NOT_OURS;
}

function valueOf({ fields }: ResponseHead, name: string): string | undefined {
  return fields.find(([given]) => given === name)?.[1];
}

const NOT_OURS = "another service responds there; check the address settings";
