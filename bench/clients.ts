/**
 * Measures what many clients and routes cost: processor time of a request with one client and route and with a thousand of
 * each, alternately; how long the service takes to start, and its memory; and whether the time that a wrong token takes
 * depends on how much of it is right.
 *
 *     deno task bench:clients [ROUNDS]
 *
 * @module
 */

import { ClientDirectory, type Registered } from "../lib/clients/client_directory.ts";
import { parseRoutes } from "../lib/config/route/route_table.ts";
import { decodeLatin1 } from "../lib/core/latin1.ts";
import { sha256 } from "../lib/core/sha256.ts";
import { megabytes, processorTime } from "../tests/support/process.ts";
import { Log } from "../tests/support/log.ts";
import { endChild, spawnMain } from "../tests/support/run_main.ts";
import { latin1 } from "../tests/support/bytes.ts";
import { valueOf } from "../tests/support/result.ts";
import { residentMemory, type Service, startService } from "../tests/support/service.ts";
import { untilSignal } from "../tests/support/until_signal.ts";
import type { UpstreamProcess } from "../tests/support/upstream_process.ts";
import { V8_FLAGS } from "../tests/support/v8_flags.ts";
import { HttpConnection } from "./support/http_connection.ts";
import { startUpstream } from "./support/setting.ts";
import { parseResponseHead } from "../lib/upstream/response_head.ts";
import { responseFraming } from "../lib/upstream/response_framing.ts";

const SLICE_MS = 500;
const CONNECTIONS = 16;

/** How large a table is. */
interface Size {
  readonly name: string;
  readonly clients: number;
  readonly routes: number;
  readonly tokens: number;
}

const SIZES: readonly Size[] = [
  { name: "1 route, no clients", clients: 0, routes: 1, tokens: 1 },
  { name: "1 route, 1 client", clients: 1, routes: 1, tokens: 1 },
  { name: "1,000 routes, 1,000 clients, 1 token", clients: 1000, routes: 1000, tokens: 1 },
  { name: "1,000 routes, 1,000 clients, 1,000 tokens", clients: 1000, routes: 1000, tokens: 1000 },
];

function clientToken(at: number): string {
  return `credproxy_${sha256(`made up ${at}`).slice(0, 43)}`;
}

function tableOf({ clients, routes, tokens }: Size, upstream: string) {
  const path = (at: number) => `/team-${at}/`;
  return {
    ...clients === 0 ? {} : {
      clients: Array.from({ length: clients }, (_, at) => ({
        name: `client-${at}`,
        token_sha256: sha256(clientToken(at)),
        routes: [path(at % routes)],
        requests_per_minute: 9_999_999,
      })),
    },
    routes: Array.from({ length: routes }, (_, at) => ({
      path: path(at),
      upstream,
      auth_scheme: "Bearer",
      token_env: `TOKEN_${at % tokens}`,
    })),
  };
}

interface Running {
  readonly size: Size;
  readonly service: Service;
  readonly startMs: number;
  readonly connections: readonly HttpConnection[];
  readonly request: Uint8Array;
  time: number;
  units: number;
}

async function start(size: Size, upstream: UpstreamProcess): Promise<Running> {
  const env = Object.fromEntries(
    Array.from(
      { length: size.tokens },
      (_, at) => [`TOKEN_${at}`, `made-up-${sha256(String(at)).slice(0, 40)}`],
    ),
  );
  const options = {
    routes: tableOf(size, `https://localhost:${upstream.port}`),
    ca: upstream.ca,
    env: { ...env, DENO_V8_FLAGS: V8_FLAGS },
  };
  const service = await startService(options);
  const startMs = await timeStart(service);
  const last = size.routes - 1;
  const request = latin1(
    `GET /team-${last}/bytes/1024 HTTP/1.1\r\nHost: cred-proxy:9099\r\nUser-Agent: bench\r\nAccept: */*\r\n` +
      `Authorization: Bearer ${clientToken(last)}\r\n\r\n`,
  );
  const connections = await Promise.all(
    Array.from(
      { length: CONNECTIONS },
      async () => new HttpConnection(await Deno.connect({ hostname: "127.0.0.1", port: service.port })),
    ),
  );
  return { size, service, startMs, connections, request, time: 0, units: 0 };
}

/** Returns how long another process of the same service takes until it listens, in milliseconds. */
async function timeStart({ flags, env }: Service): Promise<number> {
  const began = performance.now();
  const child = spawnMain(flags, ["serve"], env);
  const [stdout, stderr] = [new Log(child.stdout), new Log(child.stderr)];
  await stderr.match(/listening on/, 15_000);
  const took = performance.now() - began;
  await endChild(child, "SIGKILL");
  await Promise.all([stdout.done, stderr.done]);
  return took;
}

async function get(connection: HttpConnection, request: Uint8Array): Promise<void> {
  await connection.write(request);
  const head = parseResponseHead((await connection.readHead())!);
  await connection.readContent(responseFraming("GET", head));
  if (head.status !== 200) throw new Error(`The service returned ${head.status}`);
}

async function slice(running: Running, ms: number): Promise<void> {
  const until = performance.now() + ms;
  const before = await processorTime(running.service.pid);
  let units = 0;
  await Promise.all(running.connections.map(async (connection) => {
    while (performance.now() < until) {
      await get(connection, running.request);
      units++;
    }
  }));
  running.time += await processorTime(running.service.pid) - before;
  running.units += units;
}

/** Returns the nanoseconds that a lookup takes for each kind of token, taken in turn: the median of many batches. */
function timeLookups(): Map<string, number[]> {
  const table = valueOf(parseRoutes(JSON.stringify(tableOf(SIZES[2]!, "https://localhost"))));
  const directory = new ClientDirectory<Registered>({
    clients: table.clients.map((config) => ({ config })),
    issuers: [],
    hashesOf: ({ config: { proof } }) => proof.kind === "hash" ? proof.hashes : [],
    secrets: () => [],
    version: () => 0,
  });
  const right = clientToken(500);
  const other = (at: number, count: number) =>
    right.slice(0, at) + [...right.slice(at, at + count)].map((c) => c === "x" ? "y" : "x").join("") +
    right.slice(at + count);
  const kinds: Readonly<Record<string, string>> = {
    "nothing right": "z".repeat(right.length),
    "the first half right": other(right.length >> 1, right.length),
    "all but the last character right": other(right.length - 1, 1),
    "all but the first character right": other(0, 1),
  };
  // As they come from a request: each in one piece of memory.
  const tokens = Object.entries(kinds).map(([name, text]) => [name, decodeLatin1(latin1(text))] as const);
  const times = new Map(tokens.map(([name]) => [name, [] as number[]]));
  const BATCH = 200;
  for (let round = 0; round < 4000; round++) {
    // In another order each time, since what comes first costs more.
    for (const [name, token] of tokens.toSorted(() => Math.random() - 0.5)) {
      const began = performance.now();
      for (let count = 0; count < BATCH; count++) {
        if (directory.find(token) !== undefined) throw new Error("A wrong token was found");
      }
      const took = (performance.now() - began) * 1e6 / BATCH;
      if (round >= 500) times.get(name)!.push(took);
    }
  }
  return times;
}

await untilSignal(async (resources) => {
  const rounds = Number(Deno.args[0] ?? 20);
  const upstream = await resources.use(startUpstream());
  const all: Running[] = [];
  for (const size of SIZES) {
    const running = await start(size, upstream);
    await resources.use(Promise.resolve(running.service));
    all.push(running);
  }
  for (const each of all) await slice(each, 1500);
  for (const each of all) each.time = each.units = 0;
  for (let round = 0; round < rounds; round++) {
    for (const each of round % 2 === 0 ? all : all.toReversed()) await slice(each, SLICE_MS);
  }
  const perUnit = ({ time, units }: Running) => time / units * 1e6;
  const base = perUnit(all[1]!);
  for (const each of all) {
    console.log(
      each.size.name.padEnd(44),
      `${perUnit(each).toFixed(1)} us, ${(perUnit(each) / base).toFixed(3)} of one client;`,
      `start ${each.startMs.toFixed(0)} ms; ${megabytes(await residentMemory(each.service.pid))} MB`,
    );
    for (const connection of each.connections) connection[Symbol.dispose]();
  }
  for (const [name, times] of timeLookups()) {
    const sorted = times.toSorted((left, right) => left - right);
    const at = (share: number) => sorted[Math.floor(sorted.length * share)]!.toFixed(0);
    console.log(`a wrong token, ${name.padEnd(34)} ${at(0.5)} ns (quartiles ${at(0.25)} and ${at(0.75)})`);
  }
  return 0;
});
