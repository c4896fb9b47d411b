import type { Held } from "../support/until_signal.ts";
import { megabytes, processorTime } from "../support/process.ts";
import { BROKEN } from "./broken_upstreams.ts";
import { Changes } from "./config_changes.ts";
import { ECHOES } from "./coded_responses.ts";
import { LEAVERS } from "./disconnecting_clients.ts";
import { bear } from "./load.ts";
import { type Look, lookAt, lookEachMinute, print, printTitle, settle } from "./process_sample.ts";
import { opened, openFiles } from "./open_files.ts";
import { printCounts, printTallies } from "./report.ts";
import { askOperator, metric, watchOperator } from "./admin_client.ts";
import { startProxy, startUpstream } from "./processes.ts";
import { SMALL } from "./small_requests.ts";
import { Ear } from "./tokens.ts";
import { TRANSFERS } from "./transfers.ts";
import { type Condition, verdict } from "./exit_status.ts";

/**
 * How much more resident memory than after the first minute there may be: at any later look, which swings with what is
 * under way, and in the end, when nothing is. In bytes.
 */
const [SWING, GROWTH] = [64_000_000, 16_000_000];

/** How long the service keeps idle connections to the upstream, at most, and some more: in milliseconds. */
const IDLE = 90_000;

/** How long connections that are closed may take to be gone, in milliseconds. */
const CLOSING = 10_000;

/** All kinds of requests at once, while tokens and tables change. */
export async function soak(held: Held, seconds: number): Promise<number> {
  const upstream = await held.hold(startUpstream());
  const service = await held.hold(startProxy(upstream));
  const kinds = [...SMALL, ...TRANSFERS, ...ECHOES, ...LEAVERS, ...BROKEN];
  console.log(`${kinds.length} kinds of requests for ${seconds} s; tokens and tables change.`);
  const ear = new Ear();
  const changes = new Changes();
  const [start, files] = [await lookAt(service.pid), await openFiles(service.pid)];
  printTitle();
  print("at the start", start);

  const until = performance.now() + seconds * 1000;
  const [tallies, looks, ready] = await Promise.all([
    Promise.all(kinds.map((kind) => bear(kind, { port: service.port, ear, until }))),
    lookEachMinute(service.pid, seconds),
    watchOperator(service, ear, until),
    changes.go(service, upstream.port, until),
  ]);
  print("when the load has ended", await lookAt(service.pid));
  const spent = await processorTime(service.pid);
  // A short soak does not wait for the idle connections: a table that is taken anew lets go of them.
  const short = seconds < 60;
  if (short) service.kill("SIGHUP");
  const end = await settle(service.pid, start.files, short ? CLOSING : IDLE);
  print(short ? "after another reload" : "idle ones gone", end);

  if (end.files > start.files) {
    console.log(`left open (port ${service.port} is the service's, ${upstream.port} the upstream's):`);
    for (const what of opened(files, await openFiles(service.pid))) console.log(`  ${what}`);
  }
  const metrics = (await askOperator(service, "/metrics")).body.text;
  const inFlight = metric(metrics, "cred_proxy_requests_in_flight");
  const open = metric(metrics, "cred_proxy_upstream_connections_open");

  const code = await service.stop();
  ear.listen(service.stdout() + service.stderr());
  const seen = await upstream.finish();
  printTallies(tallies);
  printCounts(ear, seen, changes, service.stderr());
  console.log(
    `the operator's listener was well ${ready} times; in the end it told ${inFlight} requests in flight and ${open} connections
processor time of the service: ${spent.toFixed(1)} s`,
  );
  return verdict([
    ...tallies.map(({ kind, lost }) => [lost === 0, `${kind.title}: ${lost} lost`] as const),
    ...tallies.map(({ kind, good }) => [good > 0, `${kind.title}: none was made`] as const),
    [seen.doubled === 0, `${seen.doubled} requests doubled`],
    // With content the runtime does not look: docs/SOAK.md.
    [seen.unnoticed.GET === 0, `${seen.unnoticed.GET} clients that left before the answer were not noticed`],
    [seen.faults.length === 0, `The upstream itself failed: ${seen.faults.join("; ")}`],
    [ear.leaks === 0, `a token leaked ${ear.leaks} times`],
    [end.files <= start.files, `${end.files - start.files} files are left open`],
    [inFlight === 0, `${inFlight} requests are told to be in flight still`],
    [open === 0, `${open} connections to the upstream are told to be open still`],
    ...growth(looks, end),
    [code === 0, `The service ended with ${code}`],
  ]);
}

/** Held against the first minute, since a service that has just started has learnt nothing yet. */
function growth([first, ...later]: readonly Look[], end: Look): Condition[] {
  if (first === undefined) return [];
  const swing = Math.max(...later.map(({ memory }) => memory), end.memory) - first.memory;
  const rise = end.memory - first.memory;
  console.log(
    `memory after the first minute: ${megabytes(swing)} MB more at most, of ${megabytes(SWING)}; ${
      megabytes(rise)
    } MB more at rest, of ${megabytes(GROWTH)}`,
  );
  return [
    [swing <= SWING, `Memory swung by ${megabytes(swing)} MB`],
    [rise <= GROWTH, `Memory grew by ${megabytes(rise)} MB`],
  ];
}
