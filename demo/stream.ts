/**
 * A request for a stream: what the client sends, what the upstream receives, and how the events come back.
 *
 * @module
 */

import type { Service } from "../tests/support/service.ts";
import { within } from "../tests/support/within.ts";
import { send, type TextResponse } from "./client.ts";
import type { Report } from "./report.ts";
import type { DemoUpstream } from "./upstream.ts";

/** The client's credential, which is worthless. */
const PLACEHOLDER = "placeholder-of-the-client";

const CONTENT = '{"model":"demo","stream":true,"messages":[{"role":"user","content":"Hi"}]}';

/** What is shown, and with what. */
export interface Demo {
  readonly report: Report;
  readonly service: Service;
  readonly upstream: DemoUpstream;
  /** The real credential. */
  readonly token: string;
}

/** Shows a request and its stream of events on both sides of the service. */
export async function showStream({ report, service, upstream, token }: Demo): Promise<void> {
  report.section(`What the client sends to ${service.url}`);
  const request = `POST /ai/v1/messages HTTP/1.1
Host: 127.0.0.1:${service.port}
Authorization: Bearer ${PLACEHOLDER}
X-Api-Key: ${PLACEHOLDER}
Content-Type: application/json
Content-Length: ${CONTENT.length}

${CONTENT}`;
  report.show(request);
  const arrived: number[] = [];
  const early: string[] = [];
  // An event may arrive before its section has begun.
  let show = (event: string): unknown => early.push(event);
  const response = send(service.port, request, (event) => {
    arrived.push(performance.now());
    show(event);
  });

  report.section(`What the upstream receives at ${upstream.url}`);
  const { head, body } = await within(
    Promise.race([upstream.received, rejectionOf(response)]),
    "The request",
  );
  report.show(`${head}\n\n${body}`);
  report.check("the placeholder is gone", !head.includes(PLACEHOLDER));
  report.check(
    "the real token is there, once, in its own field",
    head.split(token).length === 2 && new RegExp(`^authorization: Bearer ${token}$`, "im").test(head),
  );
  report.check("the content is what the client sent", body === CONTENT);

  report.section("The events of the response, as they reach the client");
  const begun = performance.now();
  show = (event) => report.show(`${((performance.now() - begun) / 1000).toFixed(2)} s  ${describe(event)}`);
  early.forEach(show);
  const { status, head: responseHead, body: stream } = await within(response, "The end of the events");
  report.check("the response is complete", status === 200 && stream.includes("message_stop"));
  report.check("each event arrived before the next was sent", inTime(arrived, upstream.sent));
  report.check("the token is nowhere in it", !`${responseHead}${stream}`.includes(token));
}

/** An event's type, and its text if it has one. */
function describe(event: string): string {
  const { type, delta } = JSON.parse(/^data: (.*)$/m.exec(event)?.[1] ?? "{}");
  return delta === undefined ? type : `${type}  ${JSON.stringify(delta.text)}`;
}

/** Rejects if the response does, and never resolves. */
function rejectionOf(response: Promise<TextResponse>): Promise<never> {
  return response.then(() => new Promise<never>(() => {}));
}

function inTime(arrived: readonly number[], sent: readonly number[]): boolean {
  return arrived.length === sent.length &&
    arrived.every((time, at) => time < (sent[at + 1] ?? Infinity));
}
