/**
 * Measures whether features cost anything on a route that does not use them: the same request to the same route, in tables
 * that differ in one feature of another route, or in one setting. All services run at once and are measured in turns.
 *
 *     deno task bench:features [TURNS]
 *
 * @module
 */

import { canMeasure } from "../tests/support/process.ts";
import { untilSignal } from "../tests/support/until_signal.ts";
import type { UpstreamAddress } from "../tests/support/upstream_process.ts";
import { HERE, launch, oneRoute } from "./support/launched.ts";
import { startUpstream } from "./support/setting.ts";
import { measureInTurns, median, ratioOf, significant, type Subject } from "./support/turns.ts";
import { WORKLOADS } from "./support/workloads.ts";

const TURNS = 20;

/** What a table has besides the one route. */
interface Feature {
  readonly name: string;
  /** Fields of another route. */
  readonly other?: object;
  /** Fields of the route itself, that are switched off or to no effect. */
  readonly own?: object;
  readonly env?: Readonly<Record<string, string>>;
}

const FEATURES: readonly Feature[] = [
  { name: "nothing else" },
  { name: "another route: token_env", other: { token_env: "BENCH_OTHER" } },
  {
    name: "another route: an issued token",
    other: {
      token_from: {
        oauth2: {
          token_url: "https://localhost:1/token",
          grant: "refresh_token",
          client_id: "bench",
          refresh_token_env: "BENCH_OTHER",
        },
      },
    },
  },
  {
    name: "another route: signatures",
    other: {
      sign_with: {
        aws_sigv4: {
          region: "us-east-1",
          service: "bedrock",
          access_key_id_env: "BENCH_ID",
          secret_access_key_env: "BENCH_OTHER",
        },
      },
    },
  },
  {
    name: "another route: limits, methods, paths",
    other: {
      token_env: "BENCH_OTHER",
      requests_per_minute: 60,
      max_in_flight: 4,
      methods: ["GET"],
      paths: ["v1/**"],
    },
  },
  { name: "this route: no WebSockets", own: { websocket: false } },
  { name: "the operator's listener", env: { CRED_PROXY_ADMIN: "127.0.0.1:0" } },
];

function start({ name, other, own, env }: Feature, upstream: UpstreamAddress): Promise<Subject> {
  const { routes } = oneRoute(upstream, own);
  if (other !== undefined) {
    routes.push({
      path: "/other/",
      upstream: `https://localhost:${upstream.port}`,
      ..."sign_with" in other ? {} : { auth_scheme: "Bearer" },
      ...other,
    });
  }
  return launch({
    name,
    root: HERE,
    upstream,
    routes: { routes },
    env: {
      BENCH_OTHER: "another-made-up-token-9876543210-9876543210",
      BENCH_ID: "AKIAMADEUPMADEUPMADE",
      ...env,
    },
  });
}

if (!canMeasure()) {
  console.error("Processor time is read from /proc, which this system does not have.");
  Deno.exit(1);
}
Deno.exit(
  await untilSignal(async (resources) => {
    const turns = Math.min(200, Math.max(1, Number(Deno.args[0] ?? TURNS)));
    const upstream = await resources.use(startUpstream());
    const subjects: Subject[] = [];
    for (const feature of FEATURES) subjects.push(await resources.use(start(feature, upstream)));
    const measured = await measureInTurns(subjects, WORKLOADS.get("1k-16")!, { turns, seconds: 0.5 });
    for (const [at, { name }] of subjects.entries()) {
      const { median: ratio, quartiles: [low, high] } = ratioOf(measured[at]!, measured[0]!);
      console.log(
        `${name.padEnd(40)} ${significant(median(measured[at]!.cpuUs)).padStart(6)} us per request, × ${
          ratio.toFixed(3)
        } (quartiles ${low.toFixed(3)} and ${high.toFixed(3)})`,
      );
    }
    return 0;
  }),
);
