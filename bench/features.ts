/**
 * Measures whether features cost anything on a route that does not use them: the same request to the same route, in tables
 * that differ in one feature of another route, or in one setting. All services run at once and are measured in turns.
 *
 *     deno task bench:features [ROUNDS]
 *
 * Two processes of the very same service differ by some percent for as long as they live, depending on where their code and
 * memory happen to lie. So all are started again for each round, in another order, and one row is the same as the first: it
 * shows how much of a difference is chance.
 *
 * @module
 */

import { canMeasure } from "../tests/support/process.ts";
import { Resources, untilSignal } from "../tests/support/until_signal.ts";
import type { UpstreamAddress } from "../tests/support/upstream_process.ts";
import { HERE, launch, oneRoute } from "./support/launched.ts";
import { startUpstream } from "./support/setting.ts";
import { measureInTurns, median, quantile, significant, type Subject } from "./support/turns.ts";
import { WORKLOADS } from "./support/workloads.ts";

const ROUNDS = 10;

/** The turns of each service in a round, and the duration of one, in seconds. */
const TURNS = { turns: 10, seconds: 0.2 };

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
  { name: "nothing else, once more" },
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

/** Starts all services, measures them in turns, and ends them. @returns The processor time per request, in microseconds. */
async function measureRound(
  features: readonly Feature[],
  { upstream, resources }: { upstream: UpstreamAddress; resources: Resources },
): Promise<[Feature, number][]> {
  await using started = new Resources();
  // A signal ends them as well.
  resources.use(Promise.resolve(started));
  const subjects: Subject[] = [];
  for (const feature of features) subjects.push(await started.use(start(feature, upstream)));
  const measured = await measureInTurns(subjects, WORKLOADS.get("1k-16")!, TURNS);
  // Not the median: the system counts in steps of 10 ms, which even out.
  return features.map((feature, at) => [feature, mean(measured[at]!.cpuUs)]);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

if (!canMeasure()) {
  console.error("Processor time is read from /proc, which this system does not have.");
  Deno.exit(1);
}
Deno.exit(
  await untilSignal(async (resources) => {
    const rounds = Math.min(200, Math.max(1, Number(Deno.args[0] ?? ROUNDS)));
    const upstream = await resources.use(startUpstream());
    const costs = new Map(FEATURES.map((feature): [Feature, number[]] => [feature, []]));
    for (let round = 0; round < rounds; round++) {
      const order = FEATURES.map((_, at) => FEATURES[(at + round) % FEATURES.length]!);
      for (const [feature, us] of await measureRound(order, { upstream, resources })) {
        costs.get(feature)!.push(us);
      }
    }
    const base = costs.get(FEATURES[0]!)!;
    for (const [{ name }, us] of costs) {
      const ratios = us.map((each, round) => each / base[round]!).sort((left, right) => left - right);
      const [low, middle, high] = [0.25, 0.5, 0.75].map((part) => quantile(ratios, part).toFixed(3));
      console.log(
        `${name.padEnd(40)} ${
          significant(median(us)).padStart(6)
        } us per request, × ${middle} (quartiles ${low} and ${high})`,
      );
    }
    return 0;
  }),
);
