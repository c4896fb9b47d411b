/**
 * What the proxy is for, as a picture: a placeholder goes in, the real token goes out, and events come back.
 *
 * @module
 */

import { within } from "../tests/support/within.ts";
import { send } from "./client.ts";
import type { Report } from "./report.ts";
import type { Demo } from "./stream.ts";

/** The client's credential, which is worthless. */
const PLACEHOLDER = "placeholder";

const CONTENT = '{"model":"demo","stream":true,"messages":[{"role":"user","content":"Hi"}]}';

/** Sends a request for a stream, and shows what each side sees. */
export async function showFlow({ report, service, upstream, token }: Demo): Promise<void> {
  const begun = performance.now();
  let first: number | undefined;
  const words: string[] = [];
  const response = send(
    service.port,
    `POST /ai/v1/messages HTTP/1.1
Host: 127.0.0.1:${service.port}
Authorization: Bearer ${PLACEHOLDER}
Content-Type: application/json
Content-Length: ${CONTENT.length}

${CONTENT}`,
    (event) => {
      first ??= performance.now() - begun;
      words.push(JSON.parse(/^data: (.*)$/m.exec(event)?.[1] ?? "{}").delta?.text ?? "");
    },
  );
  const { status, body } = await within(response, "The response");
  const { head } = await upstream.received;
  showPicture(report, service.port, new URL(upstream.url).host);
  const after = ((first ?? 0) / 1000).toFixed(2);
  report.text(`"${words.join("")}" came in ${seconds(begun)} s, its first word after ${after} s.`);
  report.check(
    "the upstream got the token, and the placeholder went nowhere",
    [
      head.split(token).length === 2,
      !head.includes(PLACEHOLDER),
      status === 200 && !body.includes(token),
    ].every(Boolean),
  );
}

function seconds(begun: number): string {
  return ((performance.now() - begun) / 1000).toFixed(2);
}

function showPicture(report: Report, port: number, upstream: string): void {
  if (!report.isTerminal) {
    report.text(`The agent sends "Bearer ${PLACEHOLDER}" to 127.0.0.1:${port}, in plain HTTP.
The proxy sends "Bearer sk-d…", the real token, to ${upstream}, over TLS.`);
    return;
  }
  const host = upstream.padEnd(20);
  report.picture(`┌─ agent ────────────┐      ┌─ cred-proxy ────┐       ┌─ upstream ───────────┐
│ no secret          │ http │ 127.0.0.1:${String(port).padEnd(5)} │ https │ ${host} │
│ Bearer placeholder ├─────▶│ the only place  ├──────▶│ Bearer sk-d…         │
│                    │◀─────┤ with the token  │◀──────┤ events, as they come │
└────────────────────┘      └─────────────────┘       └──────────────────────┘`);
}
