/**
 * The upstream of the soak, a program of its own: HTTPS with a self-made authority. `responder.ts` says how it responds.
 *
 * It prints one line of JSON, its {@linkcode UpstreamAddress}, when it listens. When its stdin ends it prints another, its
 * {@linkcode UpstreamReport}, and exits, so that it never outlives its parent.
 *
 * @module
 */

import { makeAuthority } from "../support/authority.ts";
import { Truncated } from "../support/message.ts";
import { PeerDisconnected } from "../support/exchange.ts";
import { startUpstream } from "../support/upstream.ts";
import { asksForWebSocket, serveWebSocket } from "../support/websocket_exchange.ts";
import type { UpstreamAddress } from "../support/upstream_process.ts";
import { Responder } from "./responder.ts";
import type { DeliveryReport } from "./delivery_counts.ts";

/** What the upstream has counted. */
export interface UpstreamReport extends DeliveryReport {
  readonly connections: number;
  /** Errors of the upstream itself. */
  readonly errors: readonly string[];
}

const authority = await makeAuthority();
const responses = new Responder();
const errors = new Set<string>();

const upstream = startUpstream(async (exchange) => {
  try {
    if (asksForWebSocket(exchange)) {
      return await serveWebSocket(exchange, { onMessage: (text, send) => send(text) });
    }
    await responses.respond(exchange);
  } catch (error) {
    if (!(error instanceof PeerDisconnected || error instanceof Truncated)) errors.add(String(error));
    throw error;
  }
}, { tls: await authority.issue(["localhost"]), record: false });

const address: UpstreamAddress = { port: upstream.port, ca: authority.pem };
console.log(JSON.stringify(address));
for await (const _ of Deno.stdin.readable);
const report: UpstreamReport = {
  ...responses.counts.report,
  connections: upstream.connections,
  errors: [...errors],
};
console.log(JSON.stringify(report));
Deno.exit();
