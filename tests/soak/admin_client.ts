import type { WithAdmin } from "../support/admin.ts";
import { request, type WireResponse } from "../support/wire.ts";
import { delay } from "./workload.ts";
import type { LeakDetector } from "./tokens.ts";

/** Sends a GET to the operator's listener on a new connection. */
export function requestAdmin({ adminAddress }: WithAdmin, path: string): Promise<WireResponse> {
  const port = Number(adminAddress.split(":").at(-1));
  return request(port, `GET ${path} HTTP/1.1\r\nHost: ${adminAddress}\r\nConnection: close\r\n\r\n`);
}

/** Requests all pages of the listener once per second until a time. @returns How many rounds succeeded. */
export async function pollAdmin(service: WithAdmin, detector: LeakDetector, until: number): Promise<number> {
  let samples = 0;
  while (performance.now() < until) {
    for (const path of ["/", "/metrics", "/readyz"]) {
      const { status, text, body } = await requestAdmin(service, path);
      detector.scan(text + body.text);
      if (status !== 200) throw new Error(`The operator's listener responded to ${path} with ${status}`);
    }
    samples++;
    await delay(1000);
  }
  return samples;
}

/** Returns the sum of a metric over all labels. @throws {TypeError} if it has no samples */
export function sumOfMetric(text: string, name: string): number {
  const samples = text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, "gm"));
  return Array.from(samples, ([, value]) => Number(value)).reduce((sum, value) => sum + value);
}
