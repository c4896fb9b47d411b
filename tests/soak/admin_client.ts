import type { WithAdmin } from "../support/admin.ts";
import { type Reply, request } from "../support/wire.ts";
import { delay } from "./workload.ts";
import type { LeakDetector } from "./tokens.ts";

/** What the operator's listener answers, on a connection of its own. */
export function requestAdmin({ adminAddress }: WithAdmin, path: string): Promise<Reply> {
  const port = Number(adminAddress.split(":").at(-1));
  return request(port, `GET ${path} HTTP/1.1\r\nHost: ${adminAddress}\r\nConnection: close\r\n\r\n`);
}

/** Looks each second at all that the listener has, until a time. @returns How often it said that all is well. */
export async function pollAdmin(service: WithAdmin, detector: LeakDetector, until: number): Promise<number> {
  let samples = 0;
  while (performance.now() < until) {
    for (const path of ["/", "/metrics", "/readyz"]) {
      const { status, text, body } = await requestAdmin(service, path);
      detector.scan(text + body.text);
      if (status !== 200) throw new Error(`The operator's listener answered ${path} with ${status}`);
    }
    samples++;
    await delay(1000);
  }
  return samples;
}

/** The sum of a metric over all its labels. @throws {TypeError} where it is not told */
export function sumOfMetric(text: string, name: string): number {
  const samples = text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, "gm"));
  return Array.from(samples, ([, value]) => Number(value)).reduce((sum, value) => sum + value);
}
