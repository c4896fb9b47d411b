/**
 * A minimal git forge: a mock upstream that runs `git http-backend`.
 *
 * @module
 */

import { fromLatin1, join } from "./bytes.ts";
import type { Exchange } from "./exchange.ts";
import { parseHead, valuesOf } from "./message.ts";
import type { Script } from "./upstream.ts";

const BLANK_LINE = "\r\n\r\n";

/** Where the repositories are and who may access them. */
export interface GitBackendOptions {
  /** The folder of the bare repositories; all are served for reading and writing. */
  readonly root: string;
  /** The one accepted value of Authorization; any other gets 401. */
  readonly authorization: string;
  /** The environment of git. */
  readonly env: Readonly<Record<string, string>>;
}

/** Returns a script for an upstream that serves repositories to clients with the credential. */
export function gitBackend(options: GitBackendOptions): Script {
  return async (exchange) => {
    if (exchange.field("authorization") !== options.authorization) {
      return await exchange.respond(
        401,
        { "WWW-Authenticate": 'Basic realm="git"' },
        "Credential required\n",
      );
    }
    await runCgi(exchange, options);
  };
}

/** Runs one request through the CGI program, streamed in both directions (RFC 3875). */
async function runCgi(exchange: Exchange, options: GitBackendOptions): Promise<void> {
  await using child = new Deno.Command("git", {
    args: ["http-backend"],
    clearEnv: true,
    env: {
      ...options.env,
      ...cgiVariables(exchange),
      GIT_PROJECT_ROOT: options.root,
      GIT_HTTP_EXPORT_ALL: "1",
    },
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  await Promise.all([feed(exchange, child.stdin), relay(exchange, child.stdout)]);
  // Only now: the program detects the end of a pack itself, so it would not notice a truncated request.
  await exchange.writeChunk();
}

function cgiVariables(exchange: Exchange): Record<string, string> {
  const [path = "", query = ""] = exchange.target.split(/\?(.*)/s);
  const variables = {
    REQUEST_METHOD: exchange.method,
    PATH_INFO: decodeURIComponent(path),
    QUERY_STRING: query,
    // Requests that get here are authorized, and git requires a user name to push.
    REMOTE_USER: "agent",
    CONTENT_TYPE: exchange.field("content-type"),
    CONTENT_LENGTH: exchange.field("content-length"),
    HTTP_CONTENT_ENCODING: exchange.field("content-encoding"),
    GIT_PROTOCOL: exchange.field("git-protocol"),
  };
  return Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) => value ? [[name, value]] : []),
  );
}

/** Writes the request's body to the program. */
async function feed(exchange: Exchange, stdin: WritableStream<Uint8Array>): Promise<void> {
  const writer = stdin.getWriter();
  try {
    for await (const part of exchange.body()) await writer.write(part);
    await writer.close();
  } catch (error) {
    // The program may respond and exit without reading all of it.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/** Sends the program's response, except its last chunk. */
async function relay(exchange: Exchange, stdout: ReadableStream<Uint8Array>): Promise<void> {
  let begun: Uint8Array | undefined = new Uint8Array();
  for await (const part of stdout) {
    if (begun === undefined) {
      await exchange.writeChunk(part);
      continue;
    }
    begun = join([begun, part]);
    const end = fromLatin1(begun).indexOf(BLANK_LINE);
    if (end < 0) continue;
    const rest = begun.subarray(end + BLANK_LINE.length);
    await sendHead(exchange, fromLatin1(begun.subarray(0, end)));
    if (rest.length > 0) await exchange.writeChunk(rest);
    begun = undefined;
  }
  if (begun !== undefined) throw new Error("git http-backend ended without a head");
}

/** A CGI head has a Status field where HTTP has a status line. */
async function sendHead(exchange: Exchange, head: string): Promise<void> {
  const { fields } = parseHead(`\r\n${head}${BLANK_LINE}`);
  const [status = "200"] = valuesOf(fields, "status");
  const others = fields.filter(([name]) => name !== "Status");
  await exchange.respond(Number.parseInt(status), [...others, ["Transfer-Encoding", "chunked"]]);
}
