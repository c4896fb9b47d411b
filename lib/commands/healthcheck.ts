import { hostPort } from "../http/host.ts";
import { parseSettings, type Settings } from "../config/settings/settings.ts";
import { type Command, EXIT } from "./command.ts";
import { withEnvironment } from "../config/load/environment.ts";
import { printError, printProblems } from "../log/print.ts";

/** How long the service may take to answer. */
const PATIENCE_MS = 3_000;

/** A head longer than this is not the service's. */
const HEAD_LIMIT = 8_192;

/** The settings it takes to find the service: the right to read others is not needed here. */
const ADDRESSES: readonly string[] = ["CRED_PROXY_BIND", "CRED_PROXY_PORT", "CRED_PROXY_ADMIN"];

/** What to ask, where, and what the service's own answer is. */
interface Question {
  readonly host: string;
  readonly port: number;
  readonly requestLine: string;
  /** Undefined: the service is ready. */
  readonly judge: (head: string) => string | undefined;
}

/** Ask the running service whether it serves: 0 if so, 1 and a line that says why if not. */
export const healthcheck: Command = async () => {
  const settings = withEnvironment((get) =>
    parseSettings((name) => ADDRESSES.includes(name) ? get(name) : undefined)
  );
  if (!settings.ok) {
    printProblems(settings.problems);
    return EXIT.unhealthy;
  }
  const question = questionFor(settings.value);
  const { host, port } = question;
  if (port === 0) {
    const name = settings.value.admin === undefined ? "CRED_PROXY_PORT" : "CRED_PROXY_ADMIN";
    printError(`${name}: has port 0, so the service picked one that can't be known here`);
    return EXIT.unhealthy;
  }
  const fault = await askWithin(PATIENCE_MS, question);
  if (fault === undefined) return EXIT.ok;
  printError(`not ready at ${hostPort(host, port)}: ${fault}`);
  return EXIT.unhealthy;
};

/**
 * The operator's listener, where there is one, is asked what it is for. Else the agent's is asked with TRACE, which the
 * service itself answers, in its own way, on every configuration: no upstream is asked and no route needs to exist.
 */
function questionFor({ bind, port, admin }: Settings): Question {
  if (admin !== undefined) {
    return {
      host: reachable(admin.host),
      port: admin.port,
      requestLine: "GET /readyz HTTP/1.1",
      judge: judgeReadiness,
    };
  }
  return { host: reachable(bind), port, requestLine: "TRACE / HTTP/1.1", judge: judgeTrace };
}

/** The address of this machine that belongs to a listener on all of its addresses. */
function reachable(bind: string): string {
  if (bind === "0.0.0.0") return "127.0.0.1";
  return bind === "::" ? "::1" : bind;
}

/** Undefined if the service is ready, else what is wrong. */
async function askWithin(limitMs: number, question: Question): Promise<string | undefined> {
  const limit = Promise.withResolvers<string>();
  const timer = setTimeout(() => limit.resolve(`no answer in ${limitMs / 1000} s`), limitMs);
  try {
    return await Promise.race([ask(question), limit.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function ask({ host, port, requestLine, judge }: Question): Promise<string | undefined> {
  try {
    using connection = await Deno.connect({ hostname: host, port });
    const request = `${requestLine}\r\nHost: ${hostPort(host, port)}\r\nConnection: close\r\n\r\n`;
    // So short a text is written at once or not at all.
    await connection.write(new TextEncoder().encode(request));
    const head = await readHead(connection);
    return head === "" ? "the connection was closed without an answer" : judge(head);
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

function judgeTrace(head: string): string | undefined {
  const isOurs = /^HTTP\/1\.1 405[ \r]/.test(head) &&
    /^cred-proxy-error: *method_not_forwarded *$/im.test(head);
  return isOurs ? undefined : STRANGER;
}

function judgeReadiness(head: string): string | undefined {
  const [, state] = /^cred-proxy-state: *(ready|draining) *$/im.exec(head) ?? [];
  if (state === "draining") return "it is stopping";
  return state === "ready" && /^HTTP\/1\.1 200[ \r]/.test(head) ? undefined : STRANGER;
}

const STRANGER = "something else answers there";
