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

/** What a careless or hostile upstream may do with the credential: send it back, in one form or another. */
const ECHOES: Readonly<Record<string, (credential: string) => string>> = {
  "/echo": (credential) => credential,
  "/echo/base64": (credential) => btoa(credential),
  "/echo/hex": (credential) => [...credential].map((letter) => letter.charCodeAt(0).toString(16)).join(""),
};

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

/** Starts the upstream. It streams events; some paths send back what they receive. */
export async function startDemoUpstream(): Promise<DemoUpstream> {
  const authority = await makeAuthority();
  const received = Promise.withResolvers<ReceivedRequest>();
  const sent: number[] = [];
  const upstream: Upstream = startUpstream(async (exchange) => {
    const content = await exchange.bodyBytes();
    const credential = exchange.field("authorization") ?? "";
    if (Object.hasOwn(ECHOES, exchange.target)) {
      const authorization = ECHOES[exchange.target]?.(credential);
      return await exchange.respond(
        200,
        { "Content-Type": "application/json" },
        JSON.stringify({ authorization }),
      );
    }
    if (exchange.target === "/mirror") return await exchange.respond(200, [], content);
    if (exchange.target === "/seen") {
      const count = exchange.fields.filter(([name]) => name.toLowerCase() === "authorization").length;
      const which = credential.startsWith("Bearer sk-demo-") ? "the real one" : "another one";
      return await exchange.respond(200, [], `${count} credential, ${which}`);
    }
    const body = new TextDecoder().decode(content);
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
