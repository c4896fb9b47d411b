/**
 * The upstream of the demo: HTTPS, with a certificate made for it, and an answer that streams as those of AI services do.
 *
 * @module
 */

import { makeAuthority } from "../tests/support/authority.ts";
import { startUpstream, type Upstream } from "../tests/support/upstream.ts";

/** The milliseconds between two events. */
export const GAP = 250;

const WORDS = ["This", " came", " through", " the", " proxy."];

/** What it has seen of the request for the stream. */
export interface Received {
  /** Without the empty line at its end. */
  readonly head: string;
  readonly body: string;
}

export interface DemoUpstream extends AsyncDisposable {
  /** `https://localhost:PORT` */
  readonly url: string;
  /** The authority of its certificate, PEM. */
  readonly ca: string;
  /** Resolves when the request for the stream is there. */
  readonly received: Promise<Received>;
  /** When each event was sent, by `performance.now()`. */
  readonly sent: readonly number[];
}

export async function openUpstream(): Promise<DemoUpstream> {
  const authority = await makeAuthority();
  const received = Promise.withResolvers<Received>();
  const sent: number[] = [];
  const upstream: Upstream = startUpstream(async (exchange) => {
    // An upstream that is careless, or means harm, may send back what it was told in confidence.
    if (exchange.target === "/echo") {
      return await exchange.reply(
        200,
        { "Content-Type": "application/json" },
        JSON.stringify({ authorization: exchange.field("authorization") }),
      );
    }
    const body = new TextDecoder().decode(await exchange.bodyBytes());
    received.resolve({ head: exchange.head.trimEnd().replaceAll("\r\n", "\n"), body });
    await exchange.reply(200, { "Content-Type": "text/event-stream", "Transfer-Encoding": "chunked" });
    for (const text of events()) {
      await new Promise((resolve) => setTimeout(resolve, GAP));
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

function event(type: string, more: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;
}
