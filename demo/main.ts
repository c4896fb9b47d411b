/**
 * The demo, on one screen: `deno task demo`. An agent asks a model through the proxy, then turns on the proxy to get at
 * the token. Everything shown is also checked; the exit status is 0 if all promises are kept. `deno task demo details`
 * shows every byte instead.
 *
 * @module
 */

import { commandFor } from "../lib/config/load/launched_as.ts";
import { startService } from "../tests/support/service.ts";
import { type Resources, untilSignal } from "../tests/support/until_signal.ts";
import { attack } from "./attack.ts";
import { details } from "./details.ts";
import { showFlow } from "./flow.ts";
import { conclude, Report } from "./report.ts";
import { startDemoUpstream } from "./upstream.ts";

/** The real credential, made up for this run. Only the service's environment holds it. */
const TOKEN = `sk-demo-${crypto.randomUUID()}`;

/** What to type next. */
function next(): string {
  const steps = [
    ["init anthropic", 'write a route table ("providers" lists others)'],
    ["doctor", "ask the provider whether it takes your key"],
    ["run -- claude", "an agent in a sandbox, behind the proxy"],
  ].map(([verb = "", what]) => [commandFor(verb), what] as const);
  const width = Math.max(...steps.map(([command]) => command.length));
  return [
    "",
    "Next, with a provider of yours:",
    ...steps.map(([command, what]) => `  ${command.padEnd(width)}   ${what}`),
    `Every byte of this demo: ${commandFor("demo details")}`,
  ].join("\n");
}

async function overview(resources: Resources): Promise<number> {
  const begun = performance.now();
  const report = new Report(TOKEN);
  report.text("A demo of cred-proxy: nothing leaves this machine, and the token is made up.\n");
  const upstream = await resources.use(startDemoUpstream());
  const service = await resources.use(startService({
    routes: {
      routes: [{ path: "/ai/", upstream: upstream.url, auth_scheme: "Bearer", token_env: "DEMO_TOKEN" }],
    },
    env: { DEMO_TOKEN: TOKEN },
    ca: upstream.ca,
  }));
  await showFlow({ report, service, upstream, token: TOKEN });
  await attack({ report, service, upstream, token: TOKEN });
  const status = conclude(report, performance.now() - begun);
  if (status === 0) report.text(next());
  return status;
}

const MODES: Readonly<Record<string, (resources: Resources) => Promise<number>>> = {
  "": overview,
  details: (resources) => details(resources, TOKEN),
};

async function main([mode = "", ...rest]: readonly string[]): Promise<number> {
  const run = Object.hasOwn(MODES, mode) && rest.length === 0 ? MODES[mode] : undefined;
  if (run === undefined) {
    console.error('The demo takes no arguments, or "details"');
    return 64;
  }
  try {
    return await untilSignal(run);
  } catch (error) {
    console.log(`\nThe demo failed: ${error instanceof Error ? error.message : error}`);
    return 1;
  }
}

Deno.exit(await main(Deno.args));
