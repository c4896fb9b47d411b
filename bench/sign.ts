/**
 * Measures what a signature adds to a POST of 1 KiB: as a whole, alternately with one that carries a token, and by its parts.
 *
 *     deno task bench:sign [ROUNDS]
 *
 * @module
 */

import { AwsCredential } from "../lib/credentials/aws/aws_credential.ts";
import { loadHashing } from "../lib/credentials/aws/hashing.ts";
import { amzDate, canonicalRequest, SigV4Signer } from "../lib/credentials/aws/sigv4.ts";
import { pathRule, signableTarget } from "../lib/credentials/aws/target.ts";
import { Secret } from "../lib/core/secret.ts";
import { packAwsKeys } from "../lib/tokens/aws_keys.ts";
import { BufferBudget } from "../lib/upstream/buffer_budget.ts";
import { Deadlines } from "../lib/upstream/deadlines.ts";
import type { OutgoingField, UpstreamRequest } from "../lib/upstream/transport.ts";
import { latin1 } from "../tests/support/bytes.ts";
import { processorTime } from "../tests/support/process.ts";
import { startService } from "../tests/support/service.ts";
import { untilSignal } from "../tests/support/until_signal.ts";
import { V8_FLAGS } from "../tests/support/v8_flags.ts";
import { HttpConnection } from "./support/http_connection.ts";
import { startUpstream } from "./support/setting.ts";

const BODY = new Uint8Array(1024).fill(0x78);
const SLICE_MS = 500;
const KEYS = {
  accessKeyId: Secret.of("AKIAMADEUPMADEUPMADE"),
  secretAccessKey: Secret.of("made-up-secret-access-key-of-a-benchmark"),
  sessionToken: undefined,
};
const SCOPE = { region: "us-east-1", service: "bedrock" };

/** Returns the processor time and the median delay of a request to each of two routes, in microseconds. */
async function measureWhole(rounds: number, use: <T extends AsyncDisposable>(t: Promise<T>) => Promise<T>) {
  const upstream = await use(startUpstream());
  const route = (more: object) => ({ upstream: `https://localhost:${upstream.port}`, ...more });
  const service = await use(startService({
    routes: {
      routes: [
        route({ path: "/token/", auth_scheme: "Bearer", token_env: "TOKEN" }),
        route({
          path: "/signed/",
          sign_with: { aws_sigv4: { ...SCOPE, access_key_id_env: "ID", secret_access_key_env: "KEY" } },
        }),
      ],
    },
    ca: upstream.ca,
    env: {
      TOKEN: "made-up-token-of-the-benchmark",
      ID: KEYS.accessKeyId.reveal(),
      KEY: KEYS.secretAccessKey.reveal(),
      DENO_V8_FLAGS: V8_FLAGS,
    },
  }));
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: service.port });
  conn.setNoDelay(true);
  const connection = new HttpConnection(conn);
  const requests = ["/token/sink", "/signed/sink"].map((target) => {
    const head = latin1(
      `POST ${target} HTTP/1.1\r\nHost: proxy\r\nContent-Type: application/json\r\nContent-Length: 1024\r\n\r\n`,
    );
    return new Uint8Array([...head, ...BODY]);
  });
  const totals = requests.map(() => ({ spent: 0, count: 0, delays: [] as number[] }));
  for (let round = -1; round < rounds; round++) {
    for (const [at, bytes] of requests.entries()) {
      const before = await processorTime(service.pid);
      const delays: number[] = [];
      for (const end = performance.now() + SLICE_MS; performance.now() < end;) {
        const began = performance.now();
        await connection.write(bytes);
        await connection.readHead();
        await connection.readContent({ kind: "length", length: 4 });
        delays.push((performance.now() - began) * 1000);
      }
      // The first round warms up.
      if (round < 0) continue;
      const total = totals[at]!;
      total.spent += await processorTime(service.pid) - before;
      total.count += delays.length;
      total.delays.push(...delays);
    }
  }
  connection[Symbol.dispose]();
  return totals.map(({ spent, count, delays }) => ({
    processor: spent / count * 1e6,
    delay: delays.toSorted((left, right) => left - right)[Math.floor(delays.length / 2)]!,
  }));
}

/** Returns the mean time of a function in the best of some batches, in microseconds: what else runs disturbs the others. */
async function timeOf(run: () => unknown): Promise<number> {
  const count = 500;
  let best = Infinity;
  for (let batch = 0; batch < 40; batch++) {
    const began = performance.now();
    for (let at = 0; at < count; at++) {
      const result = run();
      if (result instanceof Promise) await result;
    }
    best = Math.min(best, (performance.now() - began) * 1000 / count);
  }
  return best;
}

async function measureParts(): Promise<readonly (readonly [name: string, us: number])[]> {
  const hashing = await loadHashing();
  const target = signableTarget("/model/anthropic.claude-v1%3A0/invoke", SCOPE.service);
  const fields: OutgoingField[] = [
    ["host", "bedrock-runtime.us-east-1.amazonaws.com"],
    ["content-type", "application/json"],
    ["x-amz-date", amzDate(Date.now())],
    ["x-amz-content-sha256", hashing.sha256("")],
  ];
  const request = {
    method: "POST",
    target,
    pathRule: pathRule(SCOPE.service),
    fields,
    payloadHash: hashing.sha256(""),
  };
  const signer = new SigV4Signer(SCOPE, hashing);
  const time = amzDate(Date.now());
  const credential = new AwsCredential({
    scope: SCOPE,
    source: { current: packAwsKeys(KEYS), former: [], describe: () => "" },
    bodyLimit: 1e6,
    memory: new BufferBudget(1e6),
    deadlines: new Deadlines(),
    timeoutMs: 1000,
  });
  const outgoing = (): UpstreamRequest => ({
    method: "POST",
    target: "/model/anthropic.claude-v1%3A0/invoke",
    fields: [["host", "bedrock-runtime.us-east-1.amazonaws.com"], ["content-length", "1024"]],
    framing: { kind: "length", length: 1024 },
    body: new ReadableStream({
      start(controller) {
        controller.enqueue(BODY.slice());
        controller.close();
      },
    }),
    onBodySent() {},
    isClientGone: () => false,
  });
  return [
    [
      "the target in strict encoding",
      await timeOf(() => signableTarget("/model/anthropic.claude-v1%3A0/invoke", "bedrock")),
    ],
    ["the canonical request", await timeOf(() => canonicalRequest(request))],
    [
      "the content's hash",
      await timeOf(() => {
        const hash = hashing.startSha256();
        hash.update(BODY);
        return hash.digest();
      }),
    ],
    [
      "the signature, with the canonical request",
      await timeOf(() => signer.authorization(request, KEYS, time)),
    ],
    [
      "all of apply(), with the content held",
      await timeOf(async () => {
        const each = outgoing();
        await credential.apply(each);
        await each.body?.cancel();
      }),
    ],
    [
      "of that, making the request and its stream",
      await timeOf(async () => {
        await outgoing().body?.cancel();
      }),
    ],
  ];
}

async function main(): Promise<number> {
  const rounds = Number(Deno.args[0] ?? 20);
  return await untilSignal(async (resources) => {
    const [token, signed] = await measureWhole(rounds, (each) => resources.use(each));
    const line = (name: string, ...numbers: number[]) =>
      console.log(name.padEnd(44), ...numbers.map((each) => each.toFixed(1).padStart(8)));
    console.log("us per POST of 1 KiB, on one connection".padEnd(44), "processor   delay");
    line("with a token", token!.processor, token!.delay);
    line("signed", signed!.processor, signed!.delay);
    line("added", signed!.processor - token!.processor, signed!.delay - token!.delay);
    console.log("\nits parts, us");
    for (const [name, us] of await measureParts()) line(name, us);
    return 0;
  });
}

if (import.meta.main) Deno.exit(await main());
