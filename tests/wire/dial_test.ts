/**
 * Connections that are given up in the very moment in which they come.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { Upstream as Place } from "../../lib/config/route/route_config.ts";
import type { Socket } from "../../lib/upstream/connection.ts";
import { dial } from "../../lib/upstream/dial.ts";
import { makeAuthority } from "../support/authority.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { within } from "../support/within.ts";

const ROUNDS = 100;
const AT_ONCE = 20;

/** What came of an attempt that was given up after some milliseconds. */
interface Attempt {
  /** Whether it was given up before it was known what came of it. */
  readonly aborted: boolean;
  /** What is left of it, if it came to a connection. */
  readonly socket: Socket | undefined;
}

async function attempt(place: Place, caCerts: string[], delay: number): Promise<Attempt> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), delay);
  try {
    const socket = await dial(place, { caCerts, egress: undefined }, controller.signal);
    return { aborted: controller.signal.aborted, socket };
  } catch {
    assert(controller.signal.aborted);
    return { aborted: true, socket: undefined };
  } finally {
    clearTimeout(timer);
  }
}

/** Makes many attempts, and closes what came of those that were not given up. @returns Those that were. */
async function giveUp(upstream: Upstream, scheme: "http" | "https", caCerts: string[]): Promise<Attempt[]> {
  const place = { scheme, host: "localhost", port: upstream.port, authority: "localhost", base: "" };
  const attempts: Attempt[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const some = await Promise.all(
      Array.from({ length: AT_ONCE }, (_, at) => attempt(place, caCerts, (round + at) % 6)),
    );
    for (const { socket, aborted } of some) if (!aborted) socket?.close();
    attempts.push(...some.filter(({ aborted }) => aborted));
  }
  assert(attempts.length > 0, "None was given up");
  return attempts;
}

async function assertAllClosed(upstream: Upstream): Promise<void> {
  await within(
    (async () => {
      while (upstream.openConnections > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    })(),
    () => `The end of ${upstream.openConnections} connections`,
  );
}

Deno.test("dial() leaves no connection open that comes in the moment in which it is given up", async () => {
  await using upstream = startUpstream(() => {});
  const attempts = await giveUp(upstream, "http", []);
  assertEquals(attempts.filter(({ socket }) => socket !== undefined).length, 0);
  await assertAllClosed(upstream);
});

Deno.test("dial() gives no connection that was closed in the moment in which its handshake ended", async () => {
  const authority = await makeAuthority();
  await using upstream = startUpstream(() => {}, { tls: await authority.issue(["localhost"]) });
  const attempts = await giveUp(upstream, "https", [authority.pem]);
  assertEquals(attempts.filter(({ socket }) => socket !== undefined).length, 0);
  await assertAllClosed(upstream);
});
