/**
 * Node's HTTP server as a child process that parses the bytes it is given.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import { join } from "./bytes.ts";
import { pairs } from "./node_client.ts";
import { within } from "./within.ts";

const PROGRAM: string = fromFileUrl(new URL("./node_server.mjs", import.meta.url));

/** A request as Node parsed it. */
export interface NodeRequest {
  readonly method: string;
  readonly target: string;
  /** Names in lower case. */
  readonly fields: readonly [name: string, value: string][];
  readonly body: Uint8Array;
  /** Whether it is complete and has no trailers. */
  readonly whole: boolean;
}

/** What Node parsed from one connection. */
export interface NodeServerReading {
  readonly requests: readonly NodeRequest[];
  /** The code of the error at which it stopped. */
  readonly error: string | null;
}

/** A child that parses the bytes of one connection after another. */
export interface NodeServer extends AsyncDisposable {
  read(parts: readonly Uint8Array[]): Promise<NodeServerReading>;
}

/** Starts Node, which must be on PATH. */
export function startNodeServer(): NodeServer {
  const child = new Deno.Command("node", { args: [PROGRAM], stdin: "piped", stdout: "piped" }).spawn();
  const stdin = child.stdin.getWriter();
  const lines = linesOf(child.stdout);
  return {
    async read(parts) {
      await stdin.write(new TextEncoder().encode(`${join(parts).toBase64()}\n`));
      const { done, value } = await within(lines.next(), "Node's reading");
      if (done) throw new Error("Node exited");
      return parse(value);
    },
    async [Symbol.asyncDispose]() {
      await stdin.close();
      await lines.return(undefined);
      await within(child.status, "Node's end");
    },
  };
}

async function* linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string, undefined> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

function parse(line: string): NodeServerReading {
  const { requests, error } = JSON.parse(line);
  return {
    error,
    requests: requests.map((
      one: Record<string, string> & { raw: string[]; trailers?: string[]; whole: boolean },
    ) => ({
      method: one.method,
      target: one.target,
      fields: pairs(one.raw),
      body: Uint8Array.fromBase64(one.body ?? ""),
      whole: one.whole && one.trailers?.length === 0,
    })),
  };
}
