import { hostPort } from "../config/host.ts";
import { parseSettings } from "../config/settings.ts";
import { type Command, EXIT } from "./command.ts";
import { withEnvironment } from "./environment.ts";
import { complain, report } from "./report.ts";

/** How long the service may take to answer. */
const PATIENCE_MS = 3_000;

/** A head longer than this is not the service's. */
const HEAD_LIMIT = 8_192;

/** The settings it takes to find the service: the right to read others is not needed here. */
const ADDRESS: readonly string[] = ["CRED_PROXY_BIND", "CRED_PROXY_PORT"];

/**
 * Ask the running service whether it serves: 0 if so, 1 and a line that says why if not.
 *
 * The question is TRACE, which the service itself answers, in its own way, on every configuration: no upstream is
 * asked and no route needs to exist.
 */
export const healthcheck: Command = async () => {
  const settings = withEnvironment((get) =>
    parseSettings((name) => ADDRESS.includes(name) ? get(name) : undefined)
  );
  if (!settings.ok) {
    report(settings.problems);
    return EXIT.unhealthy;
  }
  const { bind, port } = settings.value;
  if (port === 0) {
    complain("CRED_PROXY_PORT: is 0, so the service picked a port that can't be known here");
    return EXIT.unhealthy;
  }
  const host = reachable(bind);
  const fault = await askWithin(PATIENCE_MS, host, port);
  if (fault === undefined) return EXIT.ok;
  complain(`not ready at ${hostPort(host, port)}: ${fault}`);
  return EXIT.unhealthy;
};

/** The address of this machine that belongs to a listener on all of its addresses. */
function reachable(bind: string): string {
  if (bind === "0.0.0.0") return "127.0.0.1";
  return bind === "::" ? "::1" : bind;
}

/** Undefined if the service is ready, else what is wrong. */
async function askWithin(limitMs: number, host: string, port: number): Promise<string | undefined> {
  const limit = Promise.withResolvers<string>();
  const timer = setTimeout(() => limit.resolve(`no answer in ${limitMs / 1000} s`), limitMs);
  try {
    return await Promise.race([ask(host, port), limit.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function ask(hostname: string, port: number): Promise<string | undefined> {
  try {
    using connection = await Deno.connect({ hostname, port });
    const request = `TRACE / HTTP/1.1\r\nHost: ${hostPort(hostname, port)}\r\nConnection: close\r\n\r\n`;
    // So short a text is written at once or not at all.
    await connection.write(new TextEncoder().encode(request));
    return judge(await readHead(connection));
  } catch (error) {
    // Nothing of what is sent or received here is secret, so the cause may be told.
    return error instanceof Error ? error.message : String(error);
  }
}

async function readHead(connection: Deno.Conn): Promise<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(HEAD_LIMIT);
  let head = "";
  while (!head.includes("\r\n\r\n") && head.length < HEAD_LIMIT) {
    const count = await connection.read(buffer);
    if (count === null) break;
    head += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
  return head.split("\r\n\r\n")[0] ?? "";
}

function judge(head: string): string | undefined {
  if (head === "") return "the connection was closed without an answer";
  if (!/^HTTP\/1\.1 405[ \r]/.test(head) || !/^cred-proxy-error: *method_not_forwarded *$/im.test(head)) {
    return "something else answers there";
  }
  return undefined;
}
