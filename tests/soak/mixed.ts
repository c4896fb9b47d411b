import type { Resources } from "../support/until_signal.ts";
import { megabytes, processorTime } from "../support/process.ts";
import { BROKEN } from "./broken_upstreams.ts";
import { ConfigChanges } from "./config_changes.ts";
import { CODED } from "./coded_responses.ts";
import { DISCONNECTING } from "./disconnecting_clients.ts";
import { runWorkload } from "./load.ts";
import {
  printSample,
  printSampleHeader,
  type ProcessSample,
  sampleEachMinute,
  sampleProcess,
  sampleStart,
  waitForFiles,
} from "./process_sample.ts";
import { newlyOpened, openFiles } from "./open_files.ts";
import { printCounts, printResults } from "./report.ts";
import { pollAdmin, requestAdmin, sumOfMetric } from "./admin_client.ts";
import { startProxy, startUpstream } from "./processes.ts";
import { SMALL_REQUESTS } from "./small_requests.ts";
import { LeakDetector } from "./tokens.ts";
import { TRANSFERS } from "./transfers.ts";
import { type Condition, exitStatus } from "./exit_status.ts";

/**
 * The most resident memory above the first minute's, in bytes: in any later sample, which varies with the requests under
 * way, and at the end, without any.
 */
const [MAX_SWING, MAX_GROWTH] = [64_000_000, 16_000_000];

/** Longer than the service keeps idle connections to the upstream, in milliseconds. */
const IDLE_MS = 90_000;

/** How long closed connections may take to disappear on a busy machine, in milliseconds. */
const CLOSING_MS = 30_000;

/** Runs all workloads at once, while tokens and tables change. */
export async function soak(resources: Resources, seconds: number): Promise<number> {
  const upstream = await resources.use(startUpstream());
  const service = await resources.use(startProxy(upstream));
  const workloads = [...SMALL_REQUESTS, ...TRANSFERS, ...CODED, ...DISCONNECTING, ...BROKEN];
  console.log(`${workloads.length} workloads for ${seconds} s; tokens and tables change.`);
  const detector = new LeakDetector();
  const changes = new ConfigChanges();
  const [start, files] = [await sampleStart(service.pid), await openFiles(service.pid)];
  printSampleHeader();
  printSample("at the start", start);

  const until = performance.now() + seconds * 1000;
  const [results, samples, ready] = await Promise.all([
    Promise.all(workloads.map((workload) => runWorkload(workload, { port: service.port, detector, until }))),
    sampleEachMinute(service.pid, seconds),
    pollAdmin(service, detector, until),
    changes.run(service, upstream.port, until),
  ]);
  printSample("when the load has ended", await sampleProcess(service.pid));
  const spent = await processorTime(service.pid);
  // A short soak does not wait for the idle connections: a reload of the table closes them.
  const short = seconds < 60;
  if (short) service.kill("SIGHUP");
  const end = await waitForFiles(service.pid, start.files, short ? CLOSING_MS : IDLE_MS);
  printSample(short ? "after another reload" : "idle ones gone", end);

  if (end.files > start.files) {
    console.log(`left open (port ${service.port} is the service's, ${upstream.port} the upstream's):`);
    for (const what of newlyOpened(files, await openFiles(service.pid))) console.log(`  ${what}`);
  }
  const metrics = (await requestAdmin(service, "/metrics")).body.text;
  const inFlight = sumOfMetric(metrics, "cred_proxy_requests_in_flight");
  const open = sumOfMetric(metrics, "cred_proxy_upstream_connections_open");

  const code = await service.stop();
  detector.scan(service.stdout() + service.stderr());
  const seen = await upstream.finish();
  printResults(results);
  printCounts({ detector, seen, changes, log: service.stderr() });
  console.log(
    `the operator's listener was ready ${ready} times; at the end it reported ${inFlight} requests in flight and ${open} connections
processor time of the service: ${spent.toFixed(1)} s`,
  );
  return exitStatus([
    ...results.map(({ workload, lost }) => [lost === 0, `${workload.title}: ${lost} lost`] as const),
    ...results.map(({ workload, succeeded }) =>
      [succeeded > 0, `${workload.title}: no request succeeded`] as const
    ),
    [seen.doubled === 0, `${seen.doubled} requests duplicated`],
    // With content the runtime does not notice: docs/SOAK.md.
    [
      seen.unnoticed.GET === 0,
      `${seen.unnoticed.GET} disconnections before the response were not noticed`,
    ],
    [seen.errors.length === 0, `The upstream itself failed: ${seen.errors.join("; ")}`],
    [detector.leaks === 0, `a token leaked ${detector.leaks} times`],
    [end.files <= start.files, `${end.files - start.files} files are left open`],
    [inFlight === 0, `${inFlight} requests are still reported in flight`],
    [open === 0, `${open} connections to the upstream are still reported open`],
    ...growth(samples, end),
    [code === 0, `The service ended with ${code}`],
  ]);
}

/** Compares with the first minute's sample, since a service that has just started is not warmed up. */
function growth([first, ...later]: readonly ProcessSample[], end: ProcessSample): Condition[] {
  if (first === undefined) return [];
  const swing = Math.max(...later.map(({ memory }) => memory), end.memory) - first.memory;
  const rise = end.memory - first.memory;
  console.log(
    `memory after the first minute: ${megabytes(swing)} MB more at most, of ${megabytes(MAX_SWING)}; ${
      megabytes(rise)
    } MB more at rest, of ${megabytes(MAX_GROWTH)}`,
  );
  return [
    [swing <= MAX_SWING, `Memory rose at times by ${megabytes(swing)} MB`],
    [rise <= MAX_GROWTH, `Memory grew by ${megabytes(rise)} MB`],
  ];
}
