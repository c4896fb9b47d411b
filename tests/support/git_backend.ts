/**
 * A git forge in small: `git http-backend` behind a mock upstream.
 *
 * @module
 */

import { fromLatin1, join } from "./bytes.ts";
import type { Exchange } from "./exchange.ts";
import { parseHead, valuesOf } from "./message.ts";
import type { Script } from "./upstream.ts";

const BLANK_LINE = "\r\n\r\n";

/** Where the repositories are and who may reach them. */
export interface GitBackendOptions {
  /** The folder of the bare repositories; every one is served, to read and to write. */
  readonly root: string;
  /** The one value of Authorization that is let in; anything else gets 401. */
  readonly authorization: string;
  /** The environment that git runs in. */
  readonly env: Readonly<Record<string, string>>;
}

/** A script for an upstream that serves repositories to whoever shows the credential. */
export function gitBackend(options: GitBackendOptions): Script {
  return async (exchange) => {
    if (exchange.field("authorization") !== options.authorization) {
      return await exchange.reply(401, { "WWW-Authenticate": 'Basic realm="git"' }, "Credential required\n");
    }
    await runCgi(exchange, options);
  };
}

/** One request through the CGI program, streamed both ways (RFC 3875). */
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
  // Only now: the program knows where a pack ends, and would not miss the end of the request.
  await exchange.writeChunk();
}

function cgiVariables(exchange: Exchange): Record<string, string> {
  const [path = "", query = ""] = exchange.target.split(/\?(.*)/s);
  const variables = {
    REQUEST_METHOD: exchange.method,
    PATH_INFO: decodeURIComponent(path),
    QUERY_STRING: query,
    // Whoever comes this far is let in, and only somebody with a name may push.
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

/** Gives the program the request's body. */
async function feed(exchange: Exchange, stdin: WritableStream<Uint8Array>): Promise<void> {
  const writer = stdin.getWriter();
  try {
    for await (const part of exchange.body()) await writer.write(part);
    await writer.close();
  } catch (error) {
    // The program may answer, and end, without reading all of it.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/** Sends what the program answers, but for the end of the reply. */
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
    await replyHead(exchange, fromLatin1(begun.subarray(0, end)));
    if (rest.length > 0) await exchange.writeChunk(rest);
    begun = undefined;
  }
  if (begun !== undefined) throw new Error("git http-backend ended without a head");
}

/** A CGI head has a Status field where HTTP has a status line. */
async function replyHead(exchange: Exchange, head: string): Promise<void> {
  const { fields } = parseHead(`\r\n${head}${BLANK_LINE}`);
  const [status = "200"] = valuesOf(fields, "status");
  const others = fields.filter(([name]) => name !== "Status");
  await exchange.reply(Number.parseInt(status), [...others, ["Transfer-Encoding", "chunked"]]);
}
