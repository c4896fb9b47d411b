/**
 * Connection attempts that are aborted at the very moment in which they succeed.
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

/** The outcome of an attempt that was aborted after some milliseconds. */
interface Attempt {
  /** Whether it was aborted before its outcome was known. */
  readonly aborted: boolean;
  /** Its connection, if there is one. */
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

/** Makes many attempts, and closes the connections of those that were not aborted. @returns Those that were. */
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

Deno.test("dial() leaves no connection open that is established as it is aborted", async () => {
  await using upstream = startUpstream(() => {});
  const attempts = await giveUp(upstream, "http", []);
  assertEquals(attempts.filter(({ socket }) => socket !== undefined).length, 0);
  await assertAllClosed(upstream);
});

Deno.test("dial() returns no connection that was closed as its handshake ended", async () => {
  const authority = await makeAuthority();
  await using upstream = startUpstream(() => {}, { tls: await authority.issue(["localhost"]) });
  const attempts = await giveUp(upstream, "https", [authority.pem]);
  assertEquals(attempts.filter(({ socket }) => socket !== undefined).length, 0);
  await assertAllClosed(upstream);
});
