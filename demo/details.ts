/**
 * Runs the service in front of an upstream of its own and shows what each side sees, byte by byte.
 *
 * @module
 */

import { type Service, startService } from "../tests/support/service.ts";
import type { Resources } from "../tests/support/until_signal.ts";
import { within } from "../tests/support/within.ts";
import { send } from "./client.ts";
import { conclude, Report } from "./report.ts";
import { showSandbox } from "./sandbox.ts";
import { showStream } from "./stream.ts";
import { type DemoUpstream, startDemoUpstream } from "./upstream.ts";

/** Shows every step. @returns The exit status. */
export async function details(resources: Resources, token: string): Promise<number> {
  const begun = performance.now();
  const report = new Report(token);
  report.text(`A self-contained demo of cred-proxy. Nothing leaves this machine, the token is
made up, and the demo ends by itself in a few seconds.`);

  const upstream = await resources.use(startDemoUpstream());
  const service = await resources.use(startService({
    routes: tableFor(upstream),
    env: { DEMO_TOKEN: token },
    ca: upstream.ca,
  }));
  showTable(report, upstream, token);
  showStart(report, service);
  await showStream({ report, service, upstream, token });
  await showEcho(report, service, token);
  await showRefusal(report, service);
  await showSandbox(report, service);
  await showEnd(report, service, token);
  return conclude(report, performance.now() - begun);
}

function tableFor(upstream: DemoUpstream) {
  return {
    routes: [{ path: "/ai/", upstream: upstream.url, auth_scheme: "Bearer", token_env: "DEMO_TOKEN" }],
  };
}

function showTable(report: Report, upstream: DemoUpstream, token: string): void {
  report.section("The route table");
  report.show(JSON.stringify(tableFor(upstream), null, 2));
  report.show("\nDEMO_TOKEN, which only the service's environment holds:");
  report.show(token);
}

function showStart(report: Report, service: Service): void {
  report.section("The flags that `permissions` derives from it, and the start under them");
  report.show(service.flags.join("\n"));
  report.show(`\n${service.stderr().trimEnd()}`);
  report.check(
    "each permission is a list; none to write, run programs or load code",
    service.flags.every(isNarrow),
  );
}

/** Whether a flag grants a list of what the service needs, or grants nothing. */
function isNarrow(flag: string): boolean {
  return /^--allow-(?:net|read|env)=./.test(flag) || (flag.startsWith("--") && !flag.startsWith("--allow-"));
}

async function showEcho(report: Report, service: Service, token: string): Promise<void> {
  report.section("What the client gets if the upstream sends the token back");
  const { status, head, body } = await showGet(report, service, "/ai/echo");
  report.check(
    "the token is masked",
    status === 200 && body.includes("****") && !`${head}${body}`.includes(token),
  );
}

async function showRefusal(report: Report, service: Service): Promise<void> {
  report.section("What the client gets if no route matches");
  const { status, body } = await showGet(report, service, "/elsewhere");
  report.check(
    "the response says so, in the format that AI clients show to people",
    status === 404 && isError(body),
  );
}

/** Sends a GET, and shows it and its response. */
async function showGet(report: Report, service: Service, path: string) {
  const request = `GET ${path} HTTP/1.1\nHost: 127.0.0.1:${service.port}`;
  report.show(request);
  const response = await within(send(service.port, `${request}\n\n`), `The response to ${path}`);
  report.show(`\n${response.head}\n\n${response.body}`);
  return response;
}

function isError(body: string): boolean {
  const { type, error } = JSON.parse(body);
  return type === "error" && error.type === "cred_proxy_no_route" && typeof error.message === "string";
}

async function showEnd(report: Report, service: Service, token: string): Promise<void> {
  report.section("The end, after SIGTERM");
  const code = await service.stop();
  report.show(service.stderr().split("\n").slice(1).join("\n").trimEnd());
  report.check("the service ended with 0", code === 0);
  report.check(
    "the token is nowhere in its output",
    !`${service.stderr()}${service.stdout()}`.includes(token),
  );
}
