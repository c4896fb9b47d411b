/**
 * The upstream of the demo: HTTPS with a certificate made at run time, and a stream of events like that of an AI service.
 *
 * @module
 */

import { makeAuthority } from "../tests/support/authority.ts";
import { startUpstream, type Upstream } from "../tests/support/upstream.ts";

/** Milliseconds between two events. */
const INTERVAL_MS = 250;

const WORDS = ["This", " came", " through", " the", " proxy."];

/** The request for the stream, as the upstream received it. */
export interface ReceivedRequest {
  /** Without the empty line at its end; lines end with LF. */
  readonly head: string;
  readonly body: string;
}

export interface DemoUpstream extends AsyncDisposable {
  /** `https://localhost:PORT` */
  readonly url: string;
  /** The authority of its certificate, PEM. */
  readonly ca: string;
  /** Resolves with the request for the stream. */
  readonly received: Promise<ReceivedRequest>;
  /** When each event was sent, in milliseconds of `performance.now()`. */
  readonly sent: readonly number[];
}

/** Starts the upstream. It streams events, and on `/echo` sends the credential back. */
export async function startDemoUpstream(): Promise<DemoUpstream> {
  const authority = await makeAuthority();
  const received = Promise.withResolvers<ReceivedRequest>();
  const sent: number[] = [];
  const upstream: Upstream = startUpstream(async (exchange) => {
    // A careless or hostile upstream may send the credential back.
    if (exchange.target === "/echo") {
      return await exchange.respond(
        200,
        { "Content-Type": "application/json" },
        JSON.stringify({ authorization: exchange.field("authorization") }),
      );
    }
    const body = new TextDecoder().decode(await exchange.bodyBytes());
    received.resolve({ head: exchange.head.trimEnd().replaceAll("\r\n", "\n"), body });
    await exchange.respond(200, { "Content-Type": "text/event-stream", "Transfer-Encoding": "chunked" });
    for (const text of events()) {
      await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
      sent.push(performance.now());
      await exchange.writeChunk(text);
    }
    await exchange.writeChunk();
  }, { tls: await authority.issue(["localhost"]) });
  return {
    url: upstream.url,
    ca: authority.pem,
    received: received.promise,
    sent,
    [Symbol.asyncDispose]: () => upstream.close(),
  };
}

function* events(): Generator<string> {
  for (const text of WORDS) {
    yield event("content_block_delta", { delta: { text } });
  }
  yield event("message_stop", {});
}

function event(type: string, data: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
}
