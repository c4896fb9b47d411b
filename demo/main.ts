/**
 * Shows the main job on an embedded upstream: `deno task demo`. Each thing that it shows is checked as well; it ends with
 * 0 if all is as promised.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import { CHILD_PATIENCE } from "../tests/support/run_main.ts";
import { type Service, startService } from "../tests/support/service.ts";
import { type Held, untilSignal } from "../tests/support/until_signal.ts";
import { within } from "../tests/support/within.ts";
import { type Answer, ask } from "./agent.ts";
import type { Outcome } from "./attempts.ts";
import { Page } from "./page.ts";
import { type DemoUpstream, openUpstream } from "./upstream.ts";

/** What the agent holds: a text that opens nothing. */
const PLACEHOLDER = "placeholder-of-the-agent";

/** The real credential, made up for this run. It is in the service's environment and nowhere else. */
const TOKEN = `sk-demo-${crypto.randomUUID()}`;

const CONTENT = '{"model":"demo","stream":true,"messages":[{"role":"user","content":"Hi"}]}';

async function demo(held: Held): Promise<number> {
  const page = new Page(TOKEN);
  page.text(`cred-proxy, shown on an upstream of its own. Nothing leaves this machine, the
token is made up, and it ends by itself in a few seconds.`);

  const upstream = await held.hold(openUpstream());
  const service = await held.hold(startService({
    routes: tableFor(upstream),
    env: { DEMO_TOKEN: TOKEN },
    ca: upstream.ca,
  }));
  showTable(page, upstream);
  showFlags(page, service);
  await showExchange(page, service, upstream);
  await showEcho(page, service);
  await showRefusal(page, service);
  await showAttempts(page, service);
  await showEnd(page, service);
  return conclude(page);
}

function tableFor(upstream: DemoUpstream) {
  return {
    routes: [{ path: "/ai/", upstream: upstream.url, auth_scheme: "Bearer", token_env: "DEMO_TOKEN" }],
  };
}

function showTable(page: Page, upstream: DemoUpstream): void {
  page.section("The route table");
  page.show(JSON.stringify(tableFor(upstream), null, 2));
  page.show("\nDEMO_TOKEN, in the environment of the service alone:");
  page.show(TOKEN);
}

function showFlags(page: Page, service: Service): void {
  page.section("The flags that `permissions` derives from it, and the start under them");
  page.show(service.flags.join("\n"));
  page.show(`\n${service.stderr().trimEnd()}`);
  page.check("each permission is a list; none to write, to run, or to load", service.flags.every(isNarrow));
}

/** A flag that grants a list of what the service needs, or grants nothing. */
function isNarrow(flag: string): boolean {
  return /^--allow-(?:net|read|env)=./.test(flag) || (flag.startsWith("--") && !flag.startsWith("--allow-"));
}

async function showExchange(page: Page, service: Service, upstream: DemoUpstream): Promise<void> {
  page.section(`What the agent sends to ${service.url}`);
  const request = `POST /ai/v1/messages HTTP/1.1
Host: 127.0.0.1:${service.port}
Authorization: Bearer ${PLACEHOLDER}
X-Api-Key: ${PLACEHOLDER}
Content-Type: application/json
Content-Length: ${CONTENT.length}

${CONTENT}`;
  page.show(request);
  const arrived: number[] = [];
  const events: string[] = [];
  // Events may come before there is a place for them on the page.
  let tell = (event: string): unknown => events.push(event);
  const answer = ask(service.port, request, (event) => {
    arrived.push(performance.now());
    tell(event);
  });

  page.section(`What the upstream receives at ${upstream.url}`);
  const { head, body } = await within(Promise.race([upstream.received, failureOf(answer)]), "The request");
  page.show(`${head}\n\n${body}`);
  page.check("the placeholder is gone", !head.includes(PLACEHOLDER));
  page.check(
    "the real token is there, once, and where it belongs",
    head.split(TOKEN).length === 2 && new RegExp(`^authorization: Bearer ${TOKEN}$`, "im").test(head),
  );
  page.check("the content is what the agent sent", body === CONTENT);

  page.section("The events of the answer, as they reach the agent");
  const begun = performance.now();
  tell = (event) => page.show(`${((performance.now() - begun) / 1000).toFixed(2)} s  ${describe(event)}`);
  events.forEach(tell);
  const { status, head: replied, body: streamed } = await within(answer, "The end of the events");
  page.check("the answer came whole", status === 200 && streamed.includes("message_stop"));
  page.check("each event was there before the next was sent", inTime(arrived, upstream.sent));
  page.check("the token is nowhere in it", !`${replied}${streamed}`.includes(TOKEN));
}

/** An event's type, and its text if it has one. */
function describe(event: string): string {
  const { type, delta } = JSON.parse(/^data: (.*)$/m.exec(event)?.[1] ?? "{}");
  return delta === undefined ? type : `${type}  ${JSON.stringify(delta.text)}`;
}

/** Never resolves; rejects when the answer does. */
function failureOf(answer: Promise<Answer>): Promise<never> {
  return answer.then(() => new Promise<never>(() => {}));
}

function inTime(arrived: readonly number[], sent: readonly number[]): boolean {
  return arrived.length === sent.length &&
    arrived.every((time, at) => time < (sent[at + 1] ?? Infinity));
}

async function showEcho(page: Page, service: Service): Promise<void> {
  page.section("What the agent gets when the upstream sends the token back");
  const request = `GET /ai/echo HTTP/1.1\nHost: 127.0.0.1:${service.port}`;
  page.show(request);
  const { status, head, body } = await within(ask(service.port, `${request}\n\n`), "The echo");
  page.show(`\n${head}\n\n${body}`);
  page.check(
    "the token is masked",
    status === 200 && body.includes("****") && !`${head}${body}`.includes(TOKEN),
  );
}

async function showRefusal(page: Page, service: Service): Promise<void> {
  page.section("What the agent gets where there is no route");
  const request = `GET /elsewhere HTTP/1.1\nHost: 127.0.0.1:${service.port}`;
  page.show(request);
  const { status, head, body } = await within(ask(service.port, `${request}\n\n`), "The refusal");
  page.show(`\n${head}\n\n${body}`);
  page.check("it is told so, in the shape that AI clients show to people", status === 404 && isError(body));
}

function isError(body: string): boolean {
  const { type, error } = JSON.parse(body);
  return type === "error" && error.type === "cred_proxy_no_route" && typeof error.message === "string";
}

async function showAttempts(page: Page, service: Service): Promise<void> {
  page.section("What somebody could do who had taken over the service");
  page.show("Another program under the same flags tries to");
  const outcomes = await attempt(service);
  for (const { attempt, refused } of outcomes) {
    page.show(`  ${attempt.padEnd(50, ".")} ${refused ? "refused" : "done"}`);
  }
  const [own, ...others] = outcomes;
  page.check("it may read what the service needs", own?.refused === false);
  page.check("everything else is refused", others.length > 0 && others.every(({ refused }) => refused));
}

async function attempt(service: Service): Promise<readonly Outcome[]> {
  const program = fromFileUrl(new URL("./attempts.ts", import.meta.url));
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", ...service.flags, program, service.folder],
    env: service.env,
    stdin: "null",
    stderr: "inherit",
  });
  const { stdout } = await within(command.output(), "The attempts", CHILD_PATIENCE);
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "").map((line) =>
    JSON.parse(line)
  );
}

async function showEnd(page: Page, service: Service): Promise<void> {
  page.section("The end, after SIGTERM");
  const code = await service.stop();
  page.show(service.stderr().split("\n").slice(1).join("\n").trimEnd());
  page.check("the service ended with 0", code === 0);
  page.check(
    "the token is nowhere in what it wrote",
    !`${service.stderr()}${service.stdout()}`.includes(TOKEN),
  );
}

function conclude(page: Page): number {
  if (page.broken.length === 0) {
    page.text(`\nAll is well: ${page.checks} of ${page.checks} promises kept.`);
    return 0;
  }
  page.text(`\nNot as promised:\n${page.broken.map((promise) => `  NOT SO: ${promise}`).join("\n")}`);
  return 1;
}

try {
  Deno.exit(await untilSignal(demo));
} catch (error) {
  console.log(`\nNot as promised: ${error instanceof Error ? error.message : error}`);
  Deno.exit(1);
}
